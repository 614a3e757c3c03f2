"""No module imports another one that needs it: what can be read alone can be changed alone."""

import grimp


def test_no_import_goes_in_a_circle() -> None:
    graph = grimp.build_graph("sctp_tui", cache_dir=None)
    left = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # Those that import none of those that are left go, until there are none, or only those in circles.
    while free := [module for module, imported in left.items() if not left.keys() & imported]:
        for module in free:
            del left[module]
    assert left == {}
