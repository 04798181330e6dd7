"""Graphs of ONNX operators in double precision."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

OPSET, TREE_OPSET, FORMAT_VERSION = 15, 3, 8
"""Versions of the operators, of those for trees, and of the file format: read by runtimes since 2021."""

FEATURES, PROBABILITIES = "features", "probabilities"
"""Names of the input and the output of a model."""

Value = str
"""Name of a tensor in a graph."""


class Graph:
    """Nodes and constants of a graph that is built from its input to its output."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operator: str, *inputs: Value | Array | float, domain: str = "", **attributes: Any) -> Value:
        """Add a node; arrays and numbers among its inputs become constants.

        Parameters
        ----------
        operator : str
            operator of ONNX
        *inputs : str, array or float
        domain : str
            domain of the operator; empty for ONNX's own
        **attributes
            attributes of the node

        Returns
        -------
        str
            name of its output
        """
        from onnx import helper

        names = [each if isinstance(each, str) else self._constant(each) for each in inputs]
        output = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, names, [output], output, domain=domain, **attributes))
        return output

    def _constant(self, values: Array | float) -> Value:
        from onnx import numpy_helper

        array = np.asarray(values)
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def columns(self, rows: Value, columns: Array) -> Value:
        """Choose columns of a matrix."""
        return self.add("Gather", rows, np.asarray(columns, dtype=np.int64), axis=1)

    def linear(self, rows: Value, weights: Array, intercepts: Array) -> Value:
        """Matrix product with the transposed weights, plus intercepts."""
        return self.add("Add", self.add("MatMul", rows, weights.T.astype(np.float64)), intercepts.astype(np.float64))

    def sum(self, rows: Value) -> Value:
        """Sum of each row, shape ``(n, 1)``."""
        return self.add("ReduceSum", rows, np.array([1], dtype=np.int64), keepdims=1)

    def softmax(self, scores: Value, divisor: float = 1.0) -> Value:
        """Softmax of each row of ``scores / divisor``."""
        return self.add("Softmax", self.add("Div", scores, np.float64(divisor)), axis=1)

    def log_softmax(self, scores: Value, divisor: float) -> Value:
        """Logarithm of `softmax`."""
        return self.add("LogSoftmax", self.add("Div", scores, np.float64(divisor)), axis=1)

    def log_expit(self, values: Value) -> Value:
        """Logarithm of the logistic function: ``min(x, 0) - log(1 + exp(-abs(x)))``."""
        tail = self.add("Exp", self.add("Neg", self.add("Abs", values)))
        return self.add(
            "Sub", self.add("Min", values, np.float64(0)), self.add("Log", self.add("Add", tail, np.float64(1)))
        )

    def smallest(self, rows: Value, count: Array) -> tuple[Value, Value]:
        """Smallest values of each row, and their columns; ``count`` is an array of one integer."""
        values = self.add("TopK", rows, count, axis=1, largest=0, sorted=0)
        columns = f"{values}_columns"
        self.nodes[-1].output.append(columns)
        return values, columns

    def to_double(self, values: Value) -> Value:
        """Convert to double precision."""
        from onnx import TensorProto

        return self.add("Cast", values, to=TensorProto.DOUBLE)

    def both(self, second: Value, first: Value) -> Value:
        """Put two columns side by side, the first class first."""
        return self.add("Concat", first, second, axis=1)

    def logistic(self, score: Value) -> Value:
        """Probabilities of two classes from one score."""
        second = self.add("Exp", self.log_expit(score))
        return self.both(second, self.add("Sub", np.float64(1), second))

    def model(self, output: Value, n_features: int, n_classes: int, metadata: dict[str, str]) -> bytes:
        """Return the finished model.

        Parameters
        ----------
        output : str
            probabilities
        n_features, n_classes : int
        metadata : dict of str to str

        Returns
        -------
        bytes
            contents of an ONNX file
        """
        from onnx import TensorProto, checker, helper

        nodes = [*self.nodes, helper.make_node("Identity", [output], [PROBABILITIES])]
        rows = helper.make_tensor_value_info(FEATURES, TensorProto.DOUBLE, ["n", n_features])
        shares = helper.make_tensor_value_info(PROBABILITIES, TensorProto.DOUBLE, ["n", n_classes])
        graph = helper.make_graph(nodes, "featser", [rows], [shares], self.constants)
        versions = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", TREE_OPSET)]
        made = helper.make_model(graph, opset_imports=versions, ir_version=FORMAT_VERSION, producer_name="featser")
        helper.set_model_props(made, metadata)
        checker.check_model(made)
        content: bytes = made.SerializeToString(deterministic=True)
        return content
