"""Kernels of which members of groups are meant: when what is told of a member takes effect, and who is meant then."""

from typing import Any

from .jit import kernel


@kernel("void(i4[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[::1])")
def takes_effect(
    group: Any, seq: Any, time: Any, begin: Any, rows: Any, row_seq: Any, row_time: Any, out_row: Any
) -> None:
    """For each of n updates the row of its group at which it takes effect, -1 if that is still to come.

    It is the first whose input and whose time are not before those of the update. A group's event rows are
    `rows[begin[g] : begin[g + 1]]`, ascending by input and time, which `row_seq` and `row_time` have.
    """
    for i in range(len(group)):
        low, high = begin[group[i]], begin[group[i] + 1]
        end = high
        while low < high:
            middle = (low + high) // 2
            if row_seq[middle] < seq[i] or row_time[middle] < time[i]:
                low = middle + 1
            else:
                high = middle
        out_row[i] = rows[low] if low < end else -1


@kernel("i8(i4[::1], i8[::1], b1[::1], i8[::1], i8[::1], i8[::1], i8[::1], b1[::1], i8[::1], i8[::1])")
def meant(
    group: Any,
    row: Any,
    timer: Any,
    begin: Any,
    members: Any,
    flip_row: Any,
    flip_member: Any,
    chosen: Any,
    out_at: Any,
    out_member: Any,
) -> int:
    """Who is meant at each of n instants, which are in order: pairs of an instant and a membership.

    `chosen` is how it is after the batch, `flip_row` and `flip_member` are the rows at which a membership changed to
    its opposite, in order; a timer comes before its row's event. A group's memberships are `members[begin[g] : begin[g
    + 1]]`. Returns how many pairs there are.
    """
    count = 0
    flips = len(flip_row)
    for i in range(flips):
        chosen[flip_member[i]] = not chosen[flip_member[i]]
    done = 0
    for i in range(len(group)):
        while done < flips and (flip_row[done] < row[i] or (flip_row[done] == row[i] and not timer[i])):
            chosen[flip_member[done]] = not chosen[flip_member[done]]
            done += 1
        for place in range(begin[group[i]], begin[group[i] + 1]):
            if chosen[members[place]]:
                out_at[count] = i
                out_member[count] = members[place]
                count += 1
    while done < flips:
        chosen[flip_member[done]] = not chosen[flip_member[done]]
        done += 1
    return count
