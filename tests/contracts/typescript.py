"""Makes a GraphQL schema out of the TypeScript types that GraphQL Code Generator made of the schema.

Two services publish no schema, but their client library holds these types: `type Board = { name: Scalars['String'] }`,
and the arguments of a field as `type BoardItems_PageArgs`.
"""

import re

BUILT_IN = {"ID", "String", "Boolean", "Int", "Float"}
TYPE = re.compile(r"^(?:export )?(?:declare )?type (\w+) = (?:\w+ & )*\{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
UNION = re.compile(r"^(?:export )?(?:declare )?type (\w+) = ((?:\w+ \| )+\w+);", re.MULTILINE)
ENUM = re.compile(r"^(?:export )?(?:declare )?enum (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r"^\s+(\w+)(\??): (.+?);$", re.MULTILINE)
COMMENT = re.compile(r"/\*\*.*?\*/", re.DOTALL)


def sdl_of_types(text):
    text = COMMENT.sub("", text)
    types = {name: dict(members_of(body)) for name, body in TYPE.findall(text)}
    enums = {name: re.findall(r"= [\"'](\w+)[\"']", body) for name, body in ENUM.findall(text)}
    unions = {name: members.split(" | ") for name, members in UNION.findall(text)}
    arguments = {name.lower(): members for name, members in types.items() if name.endswith("Args")}
    scalars = set(types.pop("Scalars", {})) - BUILT_IN
    reached, waiting = {}, [("Query", False), ("Mutation", False)]
    while waiting:
        name, is_input = waiting.pop()
        if name in reached or name in BUILT_IN or name in scalars:
            continue
        if name in enums:
            reached[name] = f"enum {name} {{ {' '.join(enums[name])} }}"
        elif name in unions and all(it in types for it in unions[name]):
            reached[name] = f"union {name} = {' | '.join(unions[name])}"
            waiting += [(it, False) for it in unions[name]]
        elif name in types:
            reached[name], used = definition(name, types[name], {} if is_input else arguments, is_input)
            waiting += used
        else:
            reached[name] = f"scalar {name}"
    return "\n".join([*reached.values(), *(f"scalar {it}" for it in sorted(scalars) if it not in reached)])


def members_of(body):
    for name, optional, written in MEMBER.findall(body):
        if not name.startswith("__"):
            yield name, (written, bool(optional))


def definition(name, members, arguments, is_input):
    """Returns the type, and the types that it uses: (name, whether as an input)."""
    used, lines = [], []
    for field, (written, optional) in members.items():
        taken = []
        for argument, (type_, may_miss) in arguments.get(f"{name}{field}args".lower(), {}).items():
            kind, inner = graphql_type(type_, may_miss)
            used.append((inner, True))
            taken.append(f"{argument}: {kind}")
        kind, inner = graphql_type(written, optional)
        used.append((inner, is_input))
        lines.append(f"  {field}{f'({chr(44).join(taken)})' if taken else ''}: {kind}")
    keyword = "input" if is_input else "type"
    return f"{keyword} {name} {{\n" + "\n".join(lines or ["  _empty: Boolean"]) + "\n}", used


def graphql_type(written, optional):
    """Returns the type as GraphQL writes it, and the name in it. A member that may be missing may be null."""
    written = written.strip()
    if match := re.fullmatch(r"(?:Input)?Maybe<(.+)>", written):
        return graphql_type(match[1], True)
    if match := re.fullmatch(r"Array<(.+)>", written):
        kind, name = graphql_type(match[1], False)
        return f"[{kind}]" + ("" if optional else "!"), name
    scalar = re.match(r"Scalars\[[\"'](\w+)[\"']\]", written)
    name = scalar[1] if scalar else re.sub(r"\W.*", "", written)
    return name + ("" if optional else "!"), name
