"""The lattice and the rule, on small examples that NumPy does not have."""

from __future__ import annotations

import itertools
import random

from quern_generator.promotion import Lattice, LoopChooser, Signature, bits_of, mask_of


def test_masks() -> None:
    assert list(bits_of(0b10110)) == [1, 2, 4]
    assert mask_of([4, 1, 2]) == 0b10110


def diamond(kinds: list[int]) -> Lattice:
    """0 casts to 1 and 2, both to 3."""
    return Lattice([[1, 2], [3], [3], []], kinds)


def test_a_join_is_the_least_common_dtype() -> None:
    lattice = diamond([0, 0, 0, 0])
    assert lattice.join([0, 1]) == 1
    assert lattice.join([1, 2]) == 3
    assert lattice.join([0]) == 0


def test_kind_order_breaks_a_tie() -> None:
    # 0 and 1 both cast to 2 and to 3, of which neither casts to the other.
    edges = [[2, 3], [2, 3], [], []]
    assert Lattice(edges, [0, 0, 1, 2]).join([0, 1]) == 2
    assert Lattice(edges, [0, 0, 2, 1]).join([0, 1]) == 3
    assert Lattice(edges, [0, 0, 1, 1]).candidates([0, 1]) == (2, 3)
    assert Lattice(edges, [0, 0, 1, 1]).join([0, 1]) is None


def test_no_common_dtype_is_a_refusal() -> None:
    assert Lattice([[], []], [0, 0]).candidates([0, 1]) == ()


def test_a_join_of_three_is_no_fold() -> None:
    # 0 and 1 join in 3; 2 lies above both and casts to 3 too, but 0, 1, 2 join in 2.
    lattice = Lattice([[2, 3], [2, 3], [], []], [0, 0, 2, 1])
    assert lattice.join([0, 1]) == 3
    assert lattice.join([0, 1, 2]) == 2


def test_some_dtypes_are_only_kept() -> None:
    edges = [[1], [2], []]
    assert Lattice([[1], [2], [], [1]], [0, 0, 0, 0]).join([0, 3]) == 1
    kept = Lattice([[1], [2], [], [1]], [0, 0, 0, 0], kept=mask_of([1]))
    assert kept.join([0, 3]) == 2
    assert kept.join([0, 1]) == 1
    chooser = LoopChooser(Lattice(edges, [0, 0, 0], kept=mask_of([1])), [Signature((1,)), Signature((2,))])
    assert chooser.candidates((0,)) == (1,)
    assert chooser.candidates((1,)) == (0,)


def test_cycles_are_found() -> None:
    assert Lattice([[1], [2], [0], [0]], [0] * 4).cycles() == [(0, 1, 2)]
    assert diamond([0] * 4).cycles() == []


def test_the_least_loop_is_taken() -> None:
    chooser = LoopChooser(diamond([0, 1, 2, 3]), [Signature((3, 3)), Signature((1, 1)), Signature((2, 2))])
    assert chooser.candidates((0, 1)) == (1,)
    assert chooser.candidates((1, 2)) == (0,)
    assert chooser.candidates((0, 0)) == (1,)  # 1 and 2 are alike but for their kind


def test_loops_of_one_type_come_before_mixed_ones() -> None:
    chooser = LoopChooser(diamond([0, 1, 2, 3]), [Signature((1, 2)), Signature((2, 2)), Signature((3, 3))])
    assert chooser.candidates((0, 2)) == (1,)
    assert chooser.candidates((1, 2)) == (0,)


def test_exact_loops_take_nothing_converted() -> None:
    chooser = LoopChooser(diamond([0] * 4), [Signature((1, 1), exact=True), Signature((3, 3))])
    assert chooser.candidates((0, 1)) == (1,)
    assert chooser.exact == {(1, 1): 0}


def test_an_ambiguity_is_reported_as_several() -> None:
    chooser = LoopChooser(diamond([0, 1, 1, 3]), [Signature((1, 1)), Signature((2, 2))])
    assert chooser.candidates((0, 0)) == (0, 1)


def test_the_order_of_loops_does_not_matter() -> None:
    generator = random.Random(7)
    lattice = Lattice([[1, 2], [3, 4], [4], [5], [5], []], [0, 1, 2, 1, 2, 3])
    signatures = [Signature(pair) for pair in itertools.product(range(6), repeat=2)]
    for _ in range(30):
        chosen = generator.sample(signatures, 6)
        shuffled = generator.sample(chosen, 6)
        first, second = LoopChooser(lattice, chosen), LoopChooser(lattice, shuffled)
        for cell in itertools.product(range(6), repeat=2):
            assert {chosen[index] for index in first.candidates(cell)} == {
                shuffled[index] for index in second.candidates(cell)
            }
