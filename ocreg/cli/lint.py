"""`ocreg lint [PATHS]`"""

from __future__ import annotations

from pathlib import Path

import click

from ..lint import checks, prove, report, targets
from ..lint.findings import Finding


@click.command("lint")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "view", type=click.Choice(list(report.FORMATS)), default="text", show_default=True)
@click.option(
    "--prove",
    "proving",
    is_flag=True,
    help="Also loosen every rule in turn: a rejected example must detect each change.",
)
def command(paths: tuple[Path, ...], view: str, proving: bool) -> int:
    """Check endpoint files: registry directories or single files. Without PATHS, check the shipped registry.

    Exit code 0: no findings; 1: findings; 2: usage.
    """
    findings: list[Finding] = []
    proofs: list[prove.Proof] = []
    try:
        for target in targets.targets(list(paths)):
            found = checks.lint(target.registry, target.ids, target.shared)
            findings += target.strays + found
            if proving:
                proofs += _proofs(target, found)
    except targets.NoTarget as error:
        raise click.UsageError(str(error)) from None
    findings += [finding for proof in proofs for finding in proof.undefended]
    output = report.FORMATS[view](findings)
    if output:
        click.echo(output)
    if view == "text":
        _summary(findings, proofs)
    return 1 if findings else 0


def _proofs(target: targets.Target, found: list[Finding]) -> list[prove.Proof]:
    sound = prove.provable(target.registry, target.ids, found)
    if len(sound) == len(target.ids):
        return prove.prove(target.registry, sound, target.whole)
    click.echo("not proved: shared files, and files that are unreadable or break the format", err=True)
    return prove.prove(target.registry, sound)  # the operation that defends a shared rule may be missing


def _summary(findings: list[Finding], proofs: list[prove.Proof]) -> None:
    for proof in proofs:
        share = 100 * proof.defended / proof.total if proof.total else 100
        click.echo(f"{share:5.1f} %  {proof.defended}/{proof.total}  {proof.file}")
    if proofs:
        defended, total = sum(p.defended for p in proofs), sum(p.total for p in proofs)
        click.echo(f"{100 * defended / total if total else 100:5.1f} %  {defended}/{total}  of all rules are defended")
    click.echo(f"{len(findings)} finding{'' if len(findings) == 1 else 's'}", err=True)
