"""Schemas nobody thought of: read, filled in, judged, and compared with a plain validator.

`SCHEMA_EXAMPLES=5000` tries that many of each; the default keeps the suite quick.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Container
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.validators import extend
from referencing.exceptions import Unresolvable

from runcomfy_tui.schema.entries import EntryError, entry_text, fits_entry, parse_entry
from runcomfy_tui.schema.equality import same_value
from runcomfy_tui.schema.fields import Form
from runcomfy_tui.schema.judge import judge
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.schema.urls import url_problem
from runcomfy_tui.schema.values import initial_values, inputs_of, values_of

many = settings(
    max_examples=int(os.environ.get("SCHEMA_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

CHECKER = Draft202012Validator.TYPE_CHECKER
PlainValidator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=CHECKER.redefine("float", lambda _, value: CHECKER.is_type(value, "number")),
)

texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
urls = st.sampled_from(["https://a.example/b.png", "data:image/png;base64,AA==", "HTTPS://x/y"])
names = st.sampled_from(
    ["prompt", "promptImage", "video_url", "images", "2nd", "seed", "größe", "a", "b", "c", ""]
)


@st.composite
def text_nodes(draw: st.DrawFn) -> tuple[dict[str, Any], st.SearchStrategy[Any]]:
    longest = draw(st.none() | st.integers(0, 12))
    node: dict[str, Any] = {"type": "string"}
    if longest is not None:
        node["maxLength"] = longest
    # Whatever its name, it holds a URL, which is text as well as what a media input asks for.
    return {"type": "string", "format": "image_uri"} if draw(st.booleans()) else node, (
        urls if longest is None else st.text("abc", max_size=longest)
    )


@st.composite
def number_nodes(draw: st.DrawFn) -> tuple[dict[str, Any], st.SearchStrategy[Any]]:
    kind = draw(st.sampled_from(["integer", "number", "float"]))
    low = draw(st.sampled_from([-1, 0, 0.5, -12]))
    high = draw(st.sampled_from([1, 4294967295, 2.5]))
    whole = st.integers(-(-int(low * 2) // 2), int(high))
    values = whole if kind == "integer" else whole | st.floats(low, high)
    return {"type": kind, "minimum": low, "maximum": high}, values


def choice_nodes() -> st.SearchStrategy[tuple[dict[str, Any], st.SearchStrategy[Any]]]:
    return st.lists(scalars, min_size=1, max_size=4).map(
        lambda values: ({"enum": values}, st.sampled_from(values))
    )


Shape = tuple[dict[str, Any], st.SearchStrategy[Any]]


def nullable(shape: Shape) -> st.SearchStrategy[Shape]:
    node, values = shape
    wrapped: list[dict[str, Any]] = [
        {"anyOf": [node, {"type": "null"}]},
        {"oneOf": [{"const": None}, node]},
    ]
    if isinstance(node.get("type"), str):
        wrapped.append({**node, "type": [node["type"], "null"]})
    if node.get("type") not in ("string", "integer", "number", "float", "boolean"):
        wrapped = wrapped[:1]
    return st.sampled_from(wrapped).map(lambda told: (told, st.none() | values))


@st.composite
def list_nodes(draw: st.DrawFn, items: st.SearchStrategy[Shape]) -> Shape:
    node, values = draw(items)
    least, most = draw(st.integers(0, 2)), draw(st.integers(2, 4))
    told = {"type": "array", "items": node, "minItems": least, "maxItems": most}
    return told, st.lists(values, min_size=least, max_size=most)


@st.composite
def object_nodes(draw: st.DrawFn, members: st.SearchStrategy[Shape]) -> Shape:
    shapes = draw(st.dictionaries(names, members, max_size=4))
    required = draw(st.lists(st.sampled_from(sorted(shapes)), unique=True)) if shapes else []
    told: dict[str, Any] = {
        "type": "object",
        "properties": {name: node for name, (node, _) in shapes.items()},
        "required": required,
    }
    extras = st.dictionaries(st.sampled_from(["extra", "more"]), json_values, max_size=1)
    known = st.fixed_dictionaries(
        {name: shapes[name][1] for name in required},
        optional={name: values for name, (_, values) in shapes.items() if name not in required},
    )
    return told, st.tuples(known, extras).map(lambda both: {**both[0], **both[1]})


@st.composite
def dressed(draw: st.DrawFn, shapes: st.SearchStrategy[Shape]) -> Shape:
    """The same shape with the words that schemas carry along, or by reference."""
    node, values = draw(shapes)
    node = {**node, **draw(st.sampled_from([{}, {"title": "[T]"}, {"description": "é", "x-a": 1}]))}
    if draw(st.booleans()):
        node["default"] = draw(values)
    return node, values


leaves = dressed(
    text_nodes()
    | number_nodes()
    | choice_nodes()
    | st.just(({"type": "boolean"}, st.booleans()))
    | st.just(({}, urls))
)
shapes = st.recursive(
    leaves | leaves.flatmap(nullable),
    lambda inner: dressed(list_nodes(inner) | object_nodes(inner)),
    max_leaves=4,
)


@st.composite
def schemas_with_inputs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A model's input schema, and inputs that fit it."""
    schema, values = draw(object_nodes(leaves | shapes))
    inputs = draw(values)
    referred = [name for name in schema["properties"] if draw(st.booleans())]
    schema["$defs"] = {name: schema["properties"][name] for name in referred}
    for name in referred:
        schema["properties"][name] = {"$ref": f"#/$defs/{name}"}
    return schema, inputs


def is_only_about_urls(form: Form, inputs: Any, but: Container[Any] = ()) -> bool:
    """Whether every problem, but for those at paths in `but`, stands at what is no media URL."""
    for problem in judge(form, inputs):
        if problem.path in but:
            continue
        value = inputs
        for step in problem.path:
            value = value[step]
        if isinstance(value, str) and url_problem(value) is None:
            return False
    return True


@many
@given(schemas_with_inputs())
def test_form_to_json_to_form_is_the_identity_on_valid_inputs(case: Any) -> None:
    schema, inputs = case
    form = read_form(schema)
    assert {field.name for field in form.fields} == set(schema["properties"])
    values, extras = values_of(form, inputs)
    request = inputs_of(form, values, extras)
    assert same_value(request, inputs)
    assert json.dumps(request, sort_keys=True) == json.dumps(inputs, sort_keys=True)
    again = values_of(form, json.loads(json.dumps(request)))
    assert same_value(again[1], extras)
    assert all(again[0][name] is value or same_value(again[0][name], value)
               for name, value in values.items())  # fmt: skip


@many
@given(schemas_with_inputs())
def test_an_entry_gives_back_what_it_shows(case: Any) -> None:
    schema, inputs = case
    form = read_form(schema)
    values, _ = values_of(form, inputs)
    for field in form.fields:
        value = values[field.name]
        text = entry_text(field, value)
        if fits_entry(field, value) and text != "":
            read = parse_entry(field, text)
            assert read is value or same_value(read, value)


@many
@given(schemas_with_inputs())
def test_valid_inputs_are_let_through(case: Any) -> None:
    schema, inputs = case
    assert PlainValidator(schema).is_valid(inputs)
    form = read_form(schema)
    assert is_only_about_urls(form, inputs)


@many
@given(schemas_with_inputs(), st.data())
def test_the_judge_and_a_plain_validator_agree(case: Any, data: st.DataObject) -> None:
    schema, inputs = case
    spoiled = dict(inputs)
    for name in data.draw(st.lists(names, max_size=3)):
        if data.draw(st.booleans()):
            spoiled.pop(name, None)
        else:
            spoiled[name] = data.draw(json_values)
    problems = judge(schema, spoiled)
    if PlainValidator(schema).is_valid(spoiled):
        assert is_only_about_urls(read_form(schema), spoiled)
    else:
        assert problems
    assert all(problem.message and "\x1b" not in problem.message for problem in problems)


@many
@given(schemas_with_inputs())
def test_an_untouched_form_lacks_what_is_required_and_nothing_else(case: Any) -> None:
    schema, _ = case
    form = read_form(schema)
    inputs = inputs_of(form, initial_values(form))
    given_too_little = {p.path for p in judge(form, inputs) if p.message == "required"}
    assert is_only_about_urls(form, inputs, but=given_too_little)


few_names = st.sampled_from(["a", "b", "image_url", "prompt"])
types = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])
refs = st.sampled_from(["#", "#/properties/a", "#/$defs/a", "#/$defs/b", "#/allOf/0", "http://x/"])


def loose_nodes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A schema of any keywords, most of them in their right form, over `inner` schemas."""
    some = st.lists(inner, min_size=1, max_size=3)
    by_name = st.dictionaries(few_names, inner, max_size=3)
    required = st.lists(few_names, max_size=2, unique=True)
    counts = st.integers(0, 3)
    bounds = st.integers(-3, 5) | st.sampled_from([0.5, 4294967295])
    patterns = st.sampled_from(["^a", "b$", "", "["])
    told: dict[str, st.SearchStrategy[Any]] = {
        "type": types | st.lists(types, min_size=1, max_size=2, unique=True),
        "enum": st.lists(scalars, max_size=3),
        "const": scalars,
        "default": json_values,
        "format": st.sampled_from(["image_uri", "image_uris", "uri"]),
        "pattern": patterns,
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "uniqueItems": st.booleans(),
        "required": required,
        "dependentRequired": st.dictionaries(few_names, required, max_size=2),
        "patternProperties": st.dictionaries(patterns, inner, max_size=2),
        "$ref": refs,
    }
    for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        told[word] = bounds
    for word in ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "minContains"):
        told[word] = counts
    for word in ("items", "contains", "not", "if", "then", "else", "propertyNames"):
        told[word] = inner
    for word in ("additionalProperties", "unevaluatedProperties", "unevaluatedItems"):
        told[word] = inner
    for word in ("allOf", "anyOf", "oneOf", "prefixItems"):
        told[word] = some
    for word in ("properties", "$defs", "dependentSchemas"):
        told[word] = by_name

    @st.composite
    def node(draw: st.DrawFn) -> dict[str, Any]:
        chosen = draw(st.lists(st.sampled_from(sorted(told)), max_size=4, unique=True))
        if draw(st.booleans()):
            chosen.append("type")
        broken = draw(st.sampled_from([*chosen, *[None] * 12]))
        return {word: draw(json_values if word == broken else told[word]) for word in chosen}

    return node()


loose = st.recursive(st.booleans() | types.map(lambda word: {"type": word}) | scalars, loose_nodes,
                     max_leaves=10)  # fmt: skip
whole_schemas = st.builds(
    lambda root, properties, parts: {**root, "properties": properties, "$defs": parts},
    loose_nodes(loose),
    st.dictionaries(few_names, loose_nodes(loose), max_size=3),
    st.dictionaries(st.sampled_from(["a", "b"]), loose_nodes(loose), max_size=2),
)
near_schemas = st.integers(0, 5).flatmap(
    lambda kind: whole_schemas if kind else loose | json_values
)
near_inputs = st.dictionaries(few_names, json_values | urls, max_size=4)


def plain_verdict(schema: Any, inputs: Any) -> bool | None:
    """Whether a plain validator accepts, None where it cannot cope with the schema at all."""
    try:
        Draft202012Validator.check_schema(schema)
        return not list(PlainValidator(schema).iter_errors(inputs))
    except (SchemaError, RecursionError, Unresolvable, ArithmeticError, re.error):
        return None


@many
@given(near_schemas, near_inputs)
def test_no_schema_is_too_strange(schema: Any, inputs: Any) -> None:
    form = read_form(schema)
    declared = schema.get("properties") if isinstance(schema, dict) else None
    if isinstance(declared, dict):
        assert set(declared) <= {field.name for field in form.fields}
    values, extras = values_of(form, inputs if isinstance(inputs, dict) else {})
    if isinstance(inputs, dict):
        assert same_value(inputs_of(form, values, extras), inputs)
    for field in form.fields:
        assert field.title
        assert not isinstance(parse_entry(field, entry_text(field, field.default)), EntryError)
    problems = judge(schema, inputs)
    verdict = plain_verdict(schema, inputs)
    if verdict is True:
        assert is_only_about_urls(form, inputs)
    elif verdict is False:
        assert problems


def test_the_comparison_can_fail() -> None:
    """The plain validator is a judge of its own: it refuses and accepts without ours."""
    schema = {"properties": {"a": {"type": "float", "maximum": 1}}}
    assert PlainValidator(schema).is_valid({"a": 0.5})
    assert not PlainValidator(schema).is_valid({"a": "x"})
    with pytest.raises(SchemaError):
        Draft202012Validator.check_schema({"type": 5})
