from viewer.jumps import MOST, Jumps
from viewer.pose import Pose

A, B, C = (Pose((float(x), 0.0, 0.0)) for x in range(3))


def test_undo_goes_back_jump_by_jump_and_redo_forward_again():
    jumps = Jumps().leave(A).leave(B)  # from A to B, from B to C
    jumps, pose = jumps.undo(C)
    assert pose == B
    jumps, pose = jumps.undo(B)
    assert pose == A
    assert jumps.undo(A) == (jumps, None)
    jumps, pose = jumps.redo(A)
    assert pose == B
    jumps, pose = jumps.redo(B)
    assert pose == C and jumps.redo(C) == (jumps, None)


def test_a_new_jump_forgets_what_was_taken_back():
    jumps, _ = Jumps().leave(A).undo(B)
    assert jumps.leave(A).ahead == ()


def test_the_same_place_twice_is_one_step_and_no_more_than_a_hundred_are_kept():
    assert Jumps().leave(A).leave(A).back == (A,)
    jumps = Jumps()
    for x in range(150):
        jumps = jumps.leave(Pose((float(x), 0.0, 0.0)))
    assert len(jumps.back) == MOST and jumps.back[-1].position[0] == 149
