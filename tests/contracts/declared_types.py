"""Judges values by the type declarations that a client library ships for TypeScript."""

import re


class DeclaredTypes:
    def __init__(self, files, wire_name=lambda name: name):
        """`wire_name` makes the name that is sent of a declared one."""
        text = "\n".join(path.read_text() for path in files)
        self.text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
        self.wire_name = wire_name
        self.known = {}

    def refusal(self, name, value):
        return "; ".join(self.faults(name, value, name)) or None

    def faults(self, written, value, place):
        """Finds what does not fit a type as it is written, such as `Array<Email>` or `string | null`."""
        written = self.resolved(written.strip())
        choices = written.split(" | ")
        if isinstance(value, dict) and len(choices) > 1:
            yield from min((list(self.faults(it, value, place)) for it in choices), key=len)
        elif isinstance(value, dict):
            members = self.members(written)
            if members is None:
                yield f"{place} is no object"
                return
            yield from (f"{place} has no member {name}" for name in value if name not in members)
            yield from (f"{place} needs {name}" for name, (_, optional) in members.items() if not optional and name not in value)
            for name in value.keys() & members.keys():
                yield from self.faults(members[name][0], value[name], f"{place}.{name}")
        elif isinstance(value, list):
            entry = re.fullmatch(r"(?:Array|ReadonlyArray)<(.+)>|(?:readonly )?(.+)\[\]", written)
            if not entry:
                yield f"{place} is no list"
            for item in value if entry else []:
                yield from self.faults(entry[1] or entry[2], item, f"{place}[]")
        elif not self.is_plain(written, value):
            yield f"{place} is {written}, not {value!r}"

    def is_plain(self, written, value):
        choices = [self.resolved(it.strip(" ()")) for it in re.split(r"[|&]", written)]
        kind = {bool: "boolean", int: "number", float: "number", str: "string"}.get(type(value), "null")
        literals = [it.strip("'\"") for it in choices if it.startswith(("'", '"'))]
        return kind in choices or (isinstance(value, str) and value in literals)

    def resolved(self, written):
        """Follows names of types that stand for another type, not for an object."""
        alias = re.search(rf"\btype {re.escape(written)} = ([^{{;]+);", self.text) if re.fullmatch(r"[\w.]+", written) else None
        return self.resolved(alias[1].strip()) if alias else written

    def members(self, name):
        """The members of an object type by the name that is sent: the type, and whether it may be absent."""
        if name not in self.known:
            start = re.search(rf"(?:interface {re.escape(name)}(?: extends ([\w., ]+))?|type {re.escape(name)} =) \{{", self.text)
            if not start:
                return None
            found = {}
            for parent in (start[1] or "").split(","):
                if parent.strip():
                    found |= self.members(parent.strip().rsplit(".", 1)[-1]) or {}
            end = start.end() - 1
            while True:
                body, end = in_braces(self.text, end)
                found |= {self.wire_name(it[1]): (it[3].strip(), bool(it[2])) for it in MEMBER.finditer(body)}
                # type X = { … } & Wrapper<{ … }> & …
                more = re.compile(r"[>\s]*&\s*\w+<\{").match(self.text, end)
                if not more:
                    break
                end = more.end() - 1
            self.known[name] = found
        return self.known[name]


MEMBER = re.compile(r"['\"]?([\w.]+)['\"]?(\?)?: ((?:\{[^}]*\}|[^;{])+);")


def in_braces(text, start):
    """The text between the brace at `start` and its partner, and the place after that."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start + 1 : at], at + 1
    raise ValueError("a brace is not closed")


def snake_case(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
