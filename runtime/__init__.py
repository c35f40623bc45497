"""From plan to behaviour: the columnar engine, the reference interpreter, and the hosts around them."""
