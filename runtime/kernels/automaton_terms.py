"""The kernel of what the steps of a pattern ask: postfix terms over what is now and what a thread has bound.

Values are floats, absent is NaN; bools are 0.0 and 1.0; a time lies in a float's 64 bits as the integer that it is, and
its absence is NaN as well.
"""

import math
from typing import Any

import numpy as np

from .jit import called, part

INPUT, BOUND, CONSTANT = 0, 1, 2
ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE, AFFINE = 3, 4, 5, 6, 7, 8
EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL = 9, 10, 11, 12, 13, 14
AND, OR, NOT, NOT_TRUE, ELSE, IS_ABSENT, IF_ELSE = 15, 16, 17, 18, 19, 20, 21
ABS, MIN, MAX, FLOOR, CEIL, ROUND, SQRT, SIGN, CLAMP, MOD = 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
TIME_DIFFERENCE, TIME_ADD = 32, 33
TIME_EQUAL, TIME_NOT_EQUAL, TIME_LESS, TIME_LESS_EQUAL, TIME_GREATER, TIME_GREATER_EQUAL = 34, 35, 36, 37, 38, 39
QUANTILE_OF, VARIANCE_OF, STDDEV_OF, DISTINCT_OF, MODE_OF, SLOPE_OF, HELD_MEAN_OF = 40, 41, 42, 43, 44, 45, 46

NS_PER_S = 1_000_000_000
TIME_LIMIT = float(2**63 - 2**12)
TOLERANCE = 1e-9
"""That of `stdlib.quantiles`."""


@part
def finite(x: float) -> float:
    """The number, or absent if there is none."""
    return x if math.isfinite(x) else math.nan


@part
def compare(op: int, a: float, b: float) -> float:
    """A comparison of two numbers; unknown if either is absent."""
    if a != a or b != b:
        return math.nan
    if op == EQUAL:
        return 1.0 if a == b else 0.0
    if op == NOT_EQUAL:
        return 1.0 if a != b else 0.0
    if op == LESS:
        return 1.0 if a < b else 0.0
    if op == LESS_EQUAL:
        return 1.0 if a <= b else 0.0
    if op == GREATER:
        return 1.0 if a > b else 0.0
    return 1.0 if a >= b else 0.0


@part
def compare_times(op: int, a: int, b: int) -> float:
    """A comparison of two times that are known."""
    if op == TIME_EQUAL:
        return 1.0 if a == b else 0.0
    if op == TIME_NOT_EQUAL:
        return 1.0 if a != b else 0.0
    if op == TIME_LESS:
        return 1.0 if a < b else 0.0
    if op == TIME_LESS_EQUAL:
        return 1.0 if a <= b else 0.0
    if op == TIME_GREATER:
        return 1.0 if a > b else 0.0
    return 1.0 if a >= b else 0.0


@part
def arithmetic(op: int, a: float, b: float) -> float:
    """Sum, difference, product, quotient, remainder, least, greatest; absent if either is, or if there is none."""
    if a != a or b != b:
        return math.nan
    if op == ADD:
        return finite(a + b)
    if op == SUBTRACT:
        return finite(a - b)
    if op == MULTIPLY:
        return finite(a * b)
    if op == DIVIDE:
        return finite(a / b) if b != 0.0 else math.nan
    if op == MOD:
        return a % b if b != 0.0 else math.nan
    if op == MIN:
        return min(a, b)
    return max(a, b)


@part
def logic(op: int, a: float, b: float) -> float:
    """Kleene's `and` and `or`."""
    decisive = 0.0 if op == AND else 1.0
    if decisive in (a, b):
        return decisive
    if a != a or b != b:
        return math.nan
    return 1.0 - decisive


@part
def of_one(op: int, a: float) -> float:
    """A function of one value."""
    if op == NOT_TRUE:
        return 0.0 if a == 1.0 else 1.0
    if op == IS_ABSENT:
        return 1.0 if a != a else 0.0
    if a != a:
        return a
    if op == NOT:
        return 1.0 - a
    if op == NEGATE:
        return -a
    if op == ABS:
        return abs(a)
    if op == SQRT:
        return math.sqrt(a) if a >= 0.0 else math.nan
    if op == SIGN:
        return 1.0 if a > 0.0 else (-1.0 if a < 0.0 else 0.0)
    down = float(np.floor(a))
    if op == FLOOR:
        return down
    if op == CEIL:
        return down if down == a else down + 1.0
    if a - down != 0.5:
        return down if a - down < 0.5 else down + 1.0
    return down if down % 2.0 == 0.0 else down + 1.0


@part
def of_three(op: int, a: float, b: float, c: float) -> float:
    """`a ? b : c`, `a · b + c`, or `a` not below `b` and not above `c`."""
    if op == IF_ELSE:
        if a != a:
            return a
        return b if a == 1.0 else c
    if a != a or b != b or c != c:
        return math.nan
    if op == AFFINE:
        return finite(a * b + c)
    return min(max(a, b), c)


@called
def of_many(op: int, stack: Any, first: int, end: int) -> float:
    """A function of the values [first, end) of the stack, of which those that are absent are left out; the first one of
    QUANTILE_OF is which quantile. What is on the stack there is lost."""
    q, n = 0.0, 0
    if op == QUANTILE_OF:
        q = stack[first]
        first += 1
    # The known ones, in ascending order.
    for at in range(first, end):
        x = stack[at]
        if x == x:
            place = first + n
            while place > first and stack[place - 1] > x:
                stack[place] = stack[place - 1]
                place -= 1
            stack[place] = x
            n += 1
    if n == 0:
        return 0.0 if op == DISTINCT_OF else math.nan
    if op == QUANTILE_OF:
        return float(stack[first + max(math.ceil(q * n - TOLERANCE), 1) - 1])
    if op in (DISTINCT_OF, MODE_OF):
        different, often, most, mode = 0, 0, 0, 0.0
        for at in range(first, first + n):
            if at == first or stack[at] != stack[at - 1]:
                different += 1
                often = 0
            often += 1
            if often > most:
                most = often
                mode = stack[at]
        return float(different) if op == DISTINCT_OF else mode
    total, squares = 0.0, 0.0
    for at in range(first, first + n):
        apart = stack[at] - stack[first]
        total += apart
        squares += apart * apart
    variance = finite(max(n * squares - total * total, 0.0) / (n * n))
    return math.sqrt(variance) if op == STDDEV_OF else variance


@called
def slope_of(stack: Any, bits: Any, first: int, end: int) -> float:
    """The slope of the line of least squares of the first half of the values [first, end) of the stack over the times
    in the second half."""
    count = (end - first) // 2
    n, start = 0.0, first
    xs, times, products, squares = 0.0, 0.0, 0.0, 0.0
    for at in range(first, first + count):
        if stack[at] != stack[at] or stack[at + count] != stack[at + count]:
            continue
        if n == 0.0:
            start = at
        x, time = stack[at] - stack[start], (bits[at + count] - bits[start + count]) / NS_PER_S
        n += 1.0
        xs += x
        times += time
        products += x * time
        squares += time * time
    spread = n * squares - times * times
    return finite((n * products - xs * times) / spread) if spread > 0.0 else math.nan


@called
def held_mean_of(stack: Any, bits: Any, first: int, end: int) -> float:
    """The mean of the first half of the values [first, end) of the stack, the last one first, in which each counts from
    its time in the second half to that of the one after it; the last one where no time passes."""
    count = (end - first) // 2
    last, after, total = -1, -1, 0.0
    for at in range(first, first + count):
        if stack[at] != stack[at] or stack[at + count] != stack[at + count]:
            continue
        if last < 0:
            last = at
        else:
            total += stack[at] * ((bits[after + count] - bits[at + count]) / NS_PER_S)
        after = at
    if last < 0:
        return math.nan
    seconds = (bits[last + count] - bits[after + count]) / NS_PER_S
    return finite(total / seconds) if seconds > 0.0 else float(stack[last])


@part
def evaluate(
    terms: Any,
    first: int,
    end: int,
    constants: Any,
    inputs: Any,
    i: int,
    bound: Any,
    thread: int,
    stack: Any,
    bits: Any,
) -> float:
    """The value of terms [first, end) at instant i for a thread. `bits` is `stack`, seen as integers."""
    top = -1
    for at in range(first, end):
        op = terms[at, 0]
        if op <= CONSTANT:
            top += 1
            place = terms[at, 1]
            if op == INPUT:
                stack[top] = inputs[place, i]
            elif op == BOUND:
                stack[top] = bound[thread, place]
            else:
                stack[top] = constants[place]
        elif op <= DIVIDE:
            top -= 1
            stack[top] = arithmetic(op, stack[top], stack[top + 1])
        elif op >= EQUAL and op <= GREATER_EQUAL:
            top -= 1
            stack[top] = compare(op, stack[top], stack[top + 1])
        elif op >= QUANTILE_OF:
            top -= terms[at, 1] - 1
            if op == SLOPE_OF:
                stack[top] = slope_of(stack, bits, top, top + terms[at, 1])
            elif op == HELD_MEAN_OF:
                stack[top] = held_mean_of(stack, bits, top, top + terms[at, 1])
            else:
                stack[top] = of_many(op, stack, top, top + terms[at, 1])
        elif op in (NEGATE, IS_ABSENT, ABS) or (op >= NOT and op <= NOT_TRUE) or (op >= FLOOR and op <= SIGN):
            stack[top] = of_one(op, stack[top])
        elif op in (IF_ELSE, AFFINE, CLAMP):
            top -= 2
            stack[top] = of_three(op, stack[top], stack[top + 1], stack[top + 2])
        else:
            top -= 1
            a = stack[top]
            b = stack[top + 1]
            if op in (AND, OR):
                stack[top] = logic(op, a, b)
            elif op == ELSE:
                stack[top] = b if a != a else a
            elif op < TIME_DIFFERENCE:
                stack[top] = arithmetic(op, a, b)
            elif a != a or b != b:
                stack[top] = math.nan
            elif op == TIME_DIFFERENCE:
                stack[top] = (bits[top] - bits[top + 1]) / NS_PER_S
            elif op == TIME_ADD:
                ns = b * NS_PER_S
                if abs(ns + bits[top]) < TIME_LIMIT:
                    bits[top] += int(of_one(ROUND, ns))
                else:
                    stack[top] = math.nan
            else:
                stack[top] = compare_times(op, bits[top], bits[top + 1])
    return float(stack[0])
