"""docs/howto/agents.md shows a session as it was."""

from pathlib import Path

from tests.agents.sessions import run
from tests.agents.transcript import play

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "agents.md"


@run
async def test_the_transcript_is_what_a_session_gives():
    assert f"```text\n{await play()}```\n" in PAGE.read_text("utf-8")
