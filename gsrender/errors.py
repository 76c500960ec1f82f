"""The errors whose text is meant for the person at the keyboard."""


class InputError(ValueError):
    """A file or an option is wrong. One sentence: the file, the field, the value, and what was allowed."""


class DeviceError(RuntimeError):
    """The machine cannot do it: no GPU, no driver, too little memory. One sentence that names the way out."""
