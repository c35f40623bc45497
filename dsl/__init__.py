"""Between text and syntax tree: nodes, spans, diagnostics, parsing and printing."""
