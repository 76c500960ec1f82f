// Numbers in as few bits as they need: vk_interop/packing.py.

// One of those that follow each other from a word on, up to 32 bits each. The word behind it is always read with it: a
// branch would be waited for before what comes next is asked for.
uint unpacked(Indices words, uint first_word, uint i, uint bits) {
    uint at = i * bits, word = first_word + at / 32, shift = at % 32;
    uint value = words.at[word] >> shift | words.at[word + 1] << 1 << 31 - shift;
    return bitfieldExtract(value, 0, int(bits));
}
