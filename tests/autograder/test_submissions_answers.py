"""Written answers in Markdown: which text belongs to which question."""

from __future__ import annotations

import pytest

from autograder.answers import answers_by_heading, question_heading, tidy

IDS = ("q1", "q2", "q10", "small_model")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("## q1", ("q1", "")),
        ("#q1", ("q1", "")),
        ("   ### Question q1: the activation", ("q1", "")),
        ("## QUESTION Q10", ("q10", "")),
        ("## Question 2", ("q2", "")),
        ("## Réponse à q1", ("q1", "")),
        ("## Answer to q2", ("q2", "")),
        ("## **q1** title", ("q1", "")),
        ("## `q1`", None),
        ("**q1**", ("q1", "")),
        ("**q1**: because", ("q1", "because")),
        ("__q1__ because", ("q1", "because")),
        ("**Question q1.** because **so**", ("q1", "because **so**")),
        ("## small_model", ("small_model", "")),
        ("## q11", None),
        ("## q1x", None),
        ("q1", None),
        ("    ## q1", None),
        ("see ## q1", None),
        ("", None),
    ],
)
def test_headings_of_questions(line: str, expected: tuple[str, str] | None) -> None:
    """A heading or a bold line that names a question begins its answer."""
    assert question_heading(line, IDS) == expected


def test_a_text_is_cut_at_headings() -> None:
    """Answers run to the next question; sub-headings and fenced code belong to the answer."""
    text = "# Lab\nintro\n## q1\n\nOne.\n### Why\nSo.\n```\n# q2\n```\n## q2\nTwo.\r\n## q1\nMore.\n## q10\n"

    assert answers_by_heading(text, IDS) == {"q1": "One.\n### Why\nSo.\n```\n# q2\n```\n\nMore.", "q2": "Two."}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t\n",
        "YOUR ANSWER HERE",
        "*Votre réponse ici…*",
        "VOTRE REPONSE ICI",
        "YOUR ANSWER HERE / VOTRE RÉPONSE ICI",
        "<!-- write below -->\n> YOUR ANSWER HERE\n",
        "[your answer here]",
    ],
)
def test_the_untouched_template_is_no_answer(text: str) -> None:
    """Blank text, the placeholder in any dress and comments are no answer."""
    assert tidy(text) == ""


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("YOUR ANSWER HERE\n\n  a\n\x1b[31mb \x00\n", "  a\n[31mb"),
        ("YOUR ANSWER HERE is sigmoid", "YOUR ANSWER HERE is sigmoid"),
        ("a\ud800", "a\ufffd"),
    ],
)
def test_an_answer_is_tidied(text: str, answer: str) -> None:
    """The placeholder's line, control characters and blank edges go; the words stay."""
    assert tidy(text) == answer


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("\n> Which one?\n>\n> Laquelle ?\n\nYOUR ANSWER HERE / VOTRE RÉPONSE ICI\n", {}),
        ("\n> Which one?\n>\n> Laquelle ?\n\nSigmoid.\n> cited\n", {"q1": "Sigmoid.\n> cited"}),
        ("\n> Which one?\n> Sigmoid.\n", {"q1": "> Which one?\n> Sigmoid."}),
    ],
)
def test_the_templates_quotation_is_no_answer(body: str, expected: dict[str, str]) -> None:
    """The template quotes the question under its heading; that is left out unless the answer may be inside it."""
    assert answers_by_heading(f"## q1\n{body}", IDS) == expected


@pytest.mark.parametrize(
    "unit", ["#", "# ", " ", "*", "**", "q1", "<!--", "> ", "your answer here ", "\n> ", "## question to "]
)
def test_time_is_linear_in_the_length(unit: str) -> None:
    """Two hundred kilobytes of any one thing are read at once."""
    answers_by_heading("## q1\n" + unit * (200_000 // len(unit)) + "!", IDS)
