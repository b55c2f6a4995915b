"""Google's protobuf implementation as the judge of ProtobufReader and ProtobufWriter.

Reads one JSON object from standard input and writes one to standard output:
  in:  {"seed": N, "count": N, "written": [hex, ...], "mutated": [hex, ...]}
  out: {"read":      [sample, ...]           what it reads in each of "written",
        "generated": [{"hex", "sample"}, …]  messages of its own, with fields and groups that the reader does not know,
        "accepted":  [bool, ...]}            whether it takes each of "mutated" for a message.
"""

import json
import random
import sys
import warnings

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

Field = descriptor_pb2.FieldDescriptorProto
MAXIMUM_FIELD = (1 << 29) - 1

SAMPLE_FIELDS = [
    ("number", 1, Field.TYPE_UINT64, False),
    ("flag", 2, Field.TYPE_BOOL, False),
    ("data", 3, Field.TYPE_BYTES, False),
    ("text", 4, Field.TYPE_STRING, False),
    ("fixed64", 5, Field.TYPE_FIXED64, False),
    ("fixed32", 6, Field.TYPE_FIXED32, False),
    ("inner", 7, Field.TYPE_MESSAGE, True),
    ("numbers", 8, Field.TYPE_UINT64, True),
    ("list", 16, Field.TYPE_BYTES, True),
    ("signed", 2048, Field.TYPE_INT64, False),
    ("last", MAXIMUM_FIELD, Field.TYPE_BYTES, False),
]
# Fields that only the generator's schema has: the reader must pass over them.
UNKNOWN_FIELDS = [
    ("unknown_number", 9, Field.TYPE_SINT64, True),
    ("unknown_fixed", 2047, Field.TYPE_DOUBLE, True),
    ("unknown_float", 100, Field.TYPE_FLOAT, True),
    ("unknown_data", 17, Field.TYPE_BYTES, True),
    ("unknowngroup", 18, Field.TYPE_GROUP, True),
]


def add_message(file, name, fields):
    message = file.message_type.add(name=name)
    for field_name, number, kind, repeated in fields:
        label = Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL
        field = message.field.add(name=field_name, number=number, type=kind, label=label)
        if kind == Field.TYPE_MESSAGE:
            field.type_name = ".apus." + name
        if kind == Field.TYPE_GROUP:
            group = message.nested_type.add(name="UnknownGroup")
            group.field.add(name="value", number=1, type=Field.TYPE_UINT64, label=Field.LABEL_OPTIONAL)
            group.field.add(
                name="unknowngroup", number=18, type=Field.TYPE_GROUP, label=Field.LABEL_REPEATED,
                type_name=".apus." + name + ".UnknownGroup")
            field.type_name = ".apus." + name + ".UnknownGroup"


def make_classes():
    file = descriptor_pb2.FileDescriptorProto(name="oracle.proto", package="apus", syntax="proto2")
    add_message(file, "Sample", SAMPLE_FIELDS)
    add_message(file, "Extended", SAMPLE_FIELDS + UNKNOWN_FIELDS)
    file.message_type.add(name="Empty")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return [factory.GetPrototype(pool.FindMessageTypeByName("apus." + name)) for name in ("Sample", "Extended", "Empty")]


def plain(message):
    """The known fields as JSON: bytes in hexadecimal, what is absent left out."""
    result = {"inner": [], "numbers": [], "list": []}
    for name, _, kind, repeated in SAMPLE_FIELDS:
        value = getattr(message, name)
        if kind == Field.TYPE_MESSAGE:
            result[name] = [plain(inner) for inner in value]
        elif kind == Field.TYPE_BYTES:
            if repeated:
                result[name] = [item.hex() for item in value]
            elif message.HasField(name):
                result[name] = value.hex()
        elif repeated:
            result[name] = list(value)
        elif message.HasField(name):
            result[name] = value
    return result


def fill_group(group, generator, depth):
    if generator.random() < 0.7:
        group.value = generator.getrandbits(64)
    if depth < 5 and generator.random() < 0.5:
        fill_group(group.unknowngroup.add(), generator, depth + 1)


def fill(message, generator, depth):
    def bits(limit):
        return generator.getrandbits(generator.randint(1, limit))

    def some_bytes():
        return generator.randbytes(generator.choice([0, 1, 5, 127, 128, 300]))

    chance = generator.random
    if chance() < 0.7: message.number = bits(64)
    if chance() < 0.7: message.flag = chance() < 0.5
    if chance() < 0.7: message.data = some_bytes()
    if chance() < 0.7: message.text = "".join(generator.choice("aé漢🐦\0") for _ in range(generator.randint(0, 40)))
    if chance() < 0.7: message.fixed64 = bits(64)
    if chance() < 0.7: message.fixed32 = bits(32)
    if chance() < 0.7: message.signed = bits(63) * generator.choice([1, -1])
    if chance() < 0.7: message.last = some_bytes()
    message.numbers.extend(bits(64) for _ in range(generator.randint(0, 4)))
    message.list.extend(some_bytes() for _ in range(generator.randint(0, 4)))
    if depth < 3:
        for _ in range(generator.randint(0, 2)):
            fill(message.inner.add(), generator, depth + 1)
    message.unknown_number.extend(-bits(62) for _ in range(generator.randint(0, 3)))
    message.unknown_fixed.extend(chance() for _ in range(generator.randint(0, 2)))
    message.unknown_float.extend(0.5 for _ in range(generator.randint(0, 2)))
    message.unknown_data.extend(some_bytes() for _ in range(generator.randint(0, 2)))
    for _ in range(generator.randint(0, 2)):
        fill_group(message.unknowngroup.add(), generator, 0)


def parses(message_class, data):
    # Where a tag of 0 or an unmatched end of a group makes it leave out the rest, it only warns.
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            message_class.FromString(data)
        except DecodeError:
            return False
    return not seen


def main():
    request = json.load(sys.stdin)
    sample_class, extended_class, empty_class = make_classes()
    generator = random.Random(request["seed"])
    generated = []
    for _ in range(request["count"]):
        # Two messages one behind the other are one message: later values win, and lists are joined.
        data = b""
        for _ in range(generator.randint(1, 2)):
            message = extended_class()
            fill(message, generator, 0)
            data += message.SerializeToString()
        generated.append({"hex": data.hex(), "sample": plain(sample_class.FromString(data))})
    json.dump({
        "read": [plain(sample_class.FromString(bytes.fromhex(text))) for text in request["written"]],
        "generated": generated,
        "accepted": [parses(empty_class, bytes.fromhex(text)) for text in request["mutated"]],
    }, sys.stdout)


main()
