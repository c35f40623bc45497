"""The graph: nodes named by what they are, in the order of their first use, opened as networkx has it."""

import networkx as nx
import pytest

from headgate.compiler.graph import Graph, structure
from headgate.compiler.plan import Constant, Field, Map, ValueType
from headgate.dsl.source import Span

NUMBER = ValueType("float")
BOOL = ValueType("bool")


def small() -> tuple[Graph, str, str]:
    graph = Graph("demo", ())
    temp = graph.add(Field("Fridge", "temp"), (), "Fridge", NUMBER, origin=Span(1, 2))
    limit = graph.add(Constant(8.0), (), "Fridge", NUMBER)
    return graph, graph.add(Map("greater"), (temp, limit), "Fridge", BOOL), temp


def test_an_id_says_what_a_node_does_and_on_what() -> None:
    (first, hot, _), (second, same, _) = small(), small()
    assert hot == same
    assert len(hot) == 16
    (temp, limit) = first.node(hot).inputs
    assert first.add(Map("greater"), (limit, temp), "Fridge", BOOL) != hot
    assert second.add(Map("greater"), (temp, limit), "Fridge settled", BOOL) != hot


def test_equal_nodes_are_told_apart_until_they_are_shared() -> None:
    graph, hot, _ = small()
    again = graph.add(Map("greater"), graph.node(hot).inputs, "Fridge", BOOL)
    third = graph.add(Map("greater"), graph.node(hot).inputs, "Fridge", BOOL)
    assert (again, third) == (f"{hot}-2", f"{hot}-3")
    assert structure(again) == hot
    above = [graph.add(Map("not_"), (node,), "Fridge", BOOL) for node in (hot, again)]
    assert structure(above[0]) == structure(above[1])
    shared = graph.rebuilt(lambda new, node, _: new.share(node))
    assert len(shared) == 4


def test_true_and_one_are_different_constants() -> None:
    graph = Graph("demo", ())
    assert graph.add(Constant(True), (), "one", BOOL) != graph.add(Constant(1.0), (), "one", NUMBER)


def test_the_graph_opens_as_a_networkx_graph() -> None:
    graph, hot, temp = small()
    network = graph.network()
    assert nx.is_directed_acyclic_graph(network)
    assert nx.ancestors(network, hot) == set(graph.node(hot).inputs)
    assert network.nodes[temp]["node"] == graph.node(temp)


def test_rebuilding_keeps_order_and_places_in_the_text() -> None:
    graph, _, temp = small()
    again = graph.rebuilt(lambda new, node, _: new.keep(node))
    assert [node.id for node in again] == [node.id for node in graph]
    assert again.origins == {temp: Span(1, 2)}


def test_an_input_must_be_there() -> None:
    with pytest.raises(KeyError):
        Graph("demo", ()).add(Map("not_"), ("0123456789abcdef",), "one", BOOL)
