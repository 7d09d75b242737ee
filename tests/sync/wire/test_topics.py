import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.wire.errors import WireError
from sync.wire.topics import FROM_DESK, TO_DESK, Topics, parse_topic, vault_subscriptions

WORD = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True).filter(lambda s: len(s) <= 32)


@given(site=WORD, desk=WORD, leaf=st.sampled_from(FROM_DESK + TO_DESK))
def test_a_topic_is_taken_apart_into_what_made_it(site: str, desk: str, leaf: str) -> None:
    topics = Topics(site=site, desk=desk)
    assert parse_topic(topics.of(leaf)) == (topics, leaf)
    assert getattr(topics, leaf) == f"offhook/v1/{site}/{desk}/{leaf}"


@pytest.mark.parametrize("word", ["", "A", "a/b", "+", "#", "a--b", "-a", "a-", "a" * 33, "a\n", "ä", "a b"])
def test_a_word_that_could_widen_a_topic_is_refused(word: str) -> None:
    with pytest.raises(WireError, match="desk id"):
        Topics(site="main", desk=word)
    with pytest.raises(WireError, match="site"):
        Topics(site=word, desk="d1")


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "offhook/v1/main/d1",
        "offhook/v2/main/d1/state",
        "offhook/v1/main/d1/x",
        "offhook/v1/main/d1/state/y",
    ],
)
def test_foreign_topics_are_refused(topic: str) -> None:
    with pytest.raises(WireError):
        parse_topic(topic)


def test_a_vault_hears_what_desks_say_and_nothing_else() -> None:
    assert {s.rsplit("/", 1)[1] for s in vault_subscriptions()} == set(FROM_DESK)
