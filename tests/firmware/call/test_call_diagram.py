from firmware.call.diagram import README, diagram, renewed


def test_the_readme_shows_the_table_as_it_is():
    text = README.read_text()
    assert renewed(text) == text, "run: python -m firmware.call.diagram"


def test_a_changed_diagram_is_seen_as_stale():
    text = README.read_text().replace("on_hook --> ringing", "on_hook --> talking", 1)
    assert renewed(text) != text


def test_every_arrow_names_its_events():
    arrows = [line for line in diagram().splitlines() if "-->" in line and "[*]" not in line]
    assert arrows
    assert all(line.rpartition(": ")[2].strip() for line in arrows)
