"""A picture's history as a tree, its certificates, and what a disclosure profile found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from indelible.cli._console import clean
from indelible.credentials import (
    Action,
    CertificateReport,
    CredentialReport,
    Finding,
    IngredientReport,
    ManifestReport,
    ProfileLine,
    Signal,
    Standing,
    weaker,
)
from indelible.credentials.disclosure.checklist import NOTICE
from indelible.verification.wording import DEVELOPMENT_NOTE, SOURCE_WORDS, time_words

__all__ = ["certificate_list", "manifest_tree", "profile_table", "signal_list"]

_INTEGRITY: Final = {
    "changed": ("changed since it was signed", "bold red"),
    "broken": ("not intact", "bold red"),
    "absent": ("no manifest", "bold"),
    "unreadable": ("a manifest that cannot be read", "bold red"),
}
_RELATIONS: Final = {
    "parentOf": "made from",
    "componentOf": "contains",
    "inputTo": "used as input",
}
_ACTIONS: Final = {
    "c2pa.created": "created",
    "c2pa.opened": "opened",
    "c2pa.edited": "edited",
    "c2pa.watermarked": "watermarked",
    "c2pa.watermarked.bound": "watermarked, with an id that leads back to this manifest",
    "c2pa.placed": "placed an element",
    "c2pa.cropped": "cropped",
    "c2pa.resized": "resized",
    "c2pa.color_adjustments": "colours adjusted",
    "c2pa.filtered": "filtered",
    "c2pa.transcoded": "transcoded",
    "c2pa.converted": "converted",
    "c2pa.published": "published",
    "c2pa.repackaged": "repackaged",
    "c2pa.drawing": "drawn on",
    "c2pa.orientation": "turned",
    "c2pa.unknown": "something that is not said",
}


def manifest_tree(name: str, credential: CredentialReport) -> RenderableType:
    """Return everything that the credentials of one file say."""
    words, style = _state(credential)
    tree = Tree(Text.assemble((name, "bold"), ": ", (words, style)))
    told = [_add_reason(tree, reason, credential) for reason in credential.reasons]
    if credential.remote_url is not None:
        tree.add(Text(f"kept at {clean(credential.remote_url)}"))
    if credential.manifest is not None:
        _add_manifest(tree, credential.manifest, credential.standing, credential)
    for heading, findings in (
        ("failures", credential.failures),
        ("failures inside the history", credential.ingredient_failures),
        ("failures of identity claims", credential.identity_failures),
    ):
        untold = [item for item in findings if (item.sentence, item.code) not in told]
        _add_findings(tree, heading, untold)
    if credential.development:
        tree.add(Text(DEVELOPMENT_NOTE, style="yellow"))
    return tree


def _add_reason(tree: Tree, reason: str, credential: CredentialReport) -> tuple[str, str] | None:
    """Add a reason with the code of the failure that it tells; return that sentence and code."""
    own = [*credential.failures, *credential.identity_failures]
    history = credential.ingredient_failures
    told = [item for item in own if reason == item.sentence]
    told += [item for item in history if reason.endswith(f": {item.sentence}")]
    line = Text(clean(reason))
    tree.add(line)
    if not told:
        return None
    line.append(f" [{clean(told[0].code)}]", style="dim")
    return told[0].sentence, told[0].code


def _state(credential: CredentialReport) -> tuple[str, str]:
    if credential.integrity != "intact":
        return _INTEGRITY[credential.integrity]
    if credential.signer_trusted:
        return "intact, signed by a trusted signer", "bold green"
    if credential.expired:
        return "intact, signed with a certificate that has expired", "bold yellow"
    return "intact, signed by somebody who is not trusted here", "bold yellow"


def _add_manifest(
    tree: Tree,
    manifest: ManifestReport,
    standing: Standing,
    credential: CredentialReport | None = None,
) -> None:
    branch = tree.add(Text.assemble("manifest ", (clean(manifest.manifest_id), "cyan")))
    for label, value in _facts(manifest, standing, credential):
        if value:
            branch.add(Text.assemble((f"{label}: ", "dim"), clean(value)))
    if manifest.actions:
        actions = branch.add(Text("actions", style="dim"))
        for action in manifest.actions:
            actions.add(Text(clean(_action(action))))
    if manifest.assertions:
        branch.add(Text.assemble(("assertions: ", "dim"), clean(", ".join(manifest.assertions))))
    for ingredient in manifest.ingredients:
        _add_ingredient(branch, ingredient, standing)


def _facts(
    manifest: ManifestReport, standing: Standing, credential: CredentialReport | None
) -> list[tuple[str, str | None]]:
    signature = manifest.signature

    def told(name: str | None, verb: str = "is") -> str | None:
        """Return a name as the fact, or else as the claim, that it is."""
        return name if name is None or standing == "trusted" else f"says it {verb} {name}"

    time = signature.time and f"{signature.time} (as a time stamp says)"
    if credential is not None and credential.time is not None:
        time = time_words(credential)
    source = manifest.source_type
    ids = [f"{item.value.hex()} ({item.algorithm})" for item in manifest.soft_bindings]
    return [
        ("title", told(manifest.title)),
        ("generator", told(manifest.generator)),
        ("provider", told(manifest.provider)),
        ("abuse contact", told(manifest.abuse_contact)),
        ("model", told(manifest.model)),
        ("made", told(source and SOURCE_WORDS.get(source, source), "was")),
        ("time", time),
        ("signer", told(_signer(manifest))),
        ("issuer", told(signature.issuer)),
        ("algorithm", signature.algorithm),
        ("certificate valid", _validity(manifest)),
        ("trusted by", None if credential is None else credential.trusted_by),
        ("watermark id", ", ".join(ids)),
        ("unique id", manifest.unique_id),
        ("prompt SHA-256", manifest.prompt_sha256),
    ]


def _signer(manifest: ManifestReport) -> str | None:
    signature = manifest.signature
    if signature.organization and signature.organization != signature.signer:
        return f"{signature.signer} ({signature.organization})"
    return signature.signer


def _validity(manifest: ManifestReport) -> str | None:
    signature = manifest.signature
    if signature.not_before is None or signature.not_after is None:
        return None
    return f"{signature.not_before} to {signature.not_after}"


def _action(action: Action) -> str:
    text = _ACTIONS.get(action.action, action.action)
    if action.source_type is not None:
        text += f": {SOURCE_WORDS.get(action.source_type, action.source_type)}"
    if action.agent is not None:
        text += f", with {action.agent}"
    if action.when is not None:
        text += f", {action.when}"
    return f"{text} ({action.description})" if action.description else text


def _add_ingredient(tree: Tree, ingredient: IngredientReport, above: Standing) -> None:
    relation = _RELATIONS.get(ingredient.relationship, ingredient.relationship)
    what = ingredient.title or ingredient.format or "a picture"
    branch = tree.add(Text.assemble((f"{relation} ", "bold"), clean(what)))
    _add_findings(branch, "failures", ingredient.failures)
    if ingredient.manifest is None:
        branch.add(Text("no manifest of its own", style="dim"))
    else:
        # It is believed no more than the manifest that calls it an ingredient.
        _add_manifest(branch, ingredient.manifest, weaker(above, ingredient.standing))


def _add_findings(tree: Tree, heading: str, findings: Sequence[Finding]) -> None:
    if not findings:
        return
    branch = tree.add(Text(heading, style="bold red"))
    for finding in dict.fromkeys((f.sentence, f.code) for f in findings):
        sentence, code = finding
        branch.add(Text.assemble(clean(sentence), (f" [{clean(code)}]", "dim")))


def certificate_list(chains: Mapping[str, Sequence[CertificateReport]]) -> RenderableType:
    """Return the certificates of every manifest, as tables and in PEM."""
    if not chains:
        return Text("There are no certificates.")
    parts: list[RenderableType] = []
    for label, chain in chains.items():
        parts.append(Text.assemble(("certificates of ", "bold"), (clean(label), "cyan")))
        for report in chain:
            parts.extend((certificate_table(report), Text(report.pem)))
    return Group(*parts)


def certificate_table(report: CertificateReport) -> Table:
    """Return what one certificate says."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in (
        ("subject", report.subject),
        ("issuer", report.issuer),
        ("valid", f"{report.not_before} to {report.not_after}"),
        ("key", report.key),
        ("purposes", ", ".join(report.purposes) or "none"),
        ("authority", "yes" if report.authority else "no"),
        ("serial", report.serial),
        ("SHA-256", report.sha256),
    ):
        grid.add_row(label, Text(clean(value)))
    return grid


def profile_table(lines: Sequence[ProfileLine]) -> RenderableType:
    """Return a disclosure profile line by line."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("profile", "", "requirement", "found"):
        table.add_column(heading, overflow="fold")
    marks = {
        True: Text("present", style="green"),
        False: Text("missing", style="bold red"),
        None: Text("not checked", style="yellow"),
    }
    for line in lines:
        table.add_row(
            line.profile,
            marks[line.present],
            Text(clean(line.requirement)),
            Text(clean(line.detail)),
        )
    return Group(table, Text(NOTICE, style="italic"))


def signal_list(signals: Sequence[Signal]) -> RenderableType:
    """Return what plain metadata claims, as the claims that they are."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("unsigned claim in", "generator", "says AI", "text"):
        table.add_column(heading, overflow="fold")
    for signal in signals:
        table.add_row(
            Text(clean(signal.where)),
            Text(clean(signal.generator or "")),
            "yes" if signal.says_ai else "",
            Text(clean(signal.detail)),
        )
    caution = Text("Anybody can write such claims, and anybody can remove them.", style="italic")
    return Group(table, caution)
