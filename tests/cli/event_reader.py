"""Reads TensorBoard event files byte by byte, with nothing but the published formats.

Records: tensorflow/tsl/lib/io/record_writer.h. Messages: TensorFlow's event.proto, summary.proto,
histogram.proto, tensor.proto, and TensorBoard's hparams/plugin_data.proto, api.proto.
"""

import struct
import zlib

# Message -> field number -> (name, kind). A kind in brackets is repeated; a capital is a message.
MESSAGES = {
    "Event": {1: ("wall_time", "double"), 2: ("step", "int"), 3: ("file_version", "text"),
              5: ("summary", "Summary"), 7: ("session_log", "SessionLog")},
    "SessionLog": {1: ("status", "int")},
    "Summary": {1: ("value", ["Value"])},
    "Value": {1: ("tag", "text"), 2: ("simple_value", "float"), 4: ("image", "Image"),
              5: ("histo", "Histogram"), 8: ("tensor", "Tensor"), 9: ("metadata", "Metadata")},
    "Image": {1: ("height", "int"), 2: ("width", "int"), 3: ("colorspace", "int"),
              4: ("encoded_image_string", "bytes")},
    "Histogram": {1: ("min", "double"), 2: ("max", "double"), 3: ("num", "double"),
                  4: ("sum", "double"), 5: ("sum_squares", "double"),
                  6: ("bucket_limit", "doubles"), 7: ("bucket", "doubles")},
    "Tensor": {1: ("dtype", "int"), 2: ("tensor_shape", "Shape"), 5: ("float_val", "bytes"),
               8: ("string_val", ["bytes"])},
    "Shape": {2: ("dim", ["Dim"])},
    "Dim": {1: ("size", "int")},
    "Metadata": {1: ("plugin_data", "PluginData")},
    "PluginData": {1: ("plugin_name", "text"), 2: ("content", "bytes")},
    "HParamsPluginData": {2: ("experiment", "Experiment"), 3: ("session_start_info", "Start"),
                          4: ("session_end_info", "End")},
    "Experiment": {3: ("time_created_secs", "double"), 4: ("hparam_infos", ["HParamInfo"]),
                   5: ("metric_infos", ["MetricInfo"])},
    "HParamInfo": {1: ("name", "text"), 4: ("type", "int")},
    "MetricInfo": {1: ("name", "MetricName")},
    "MetricName": {2: ("tag", "text")},
    "Start": {1: ("hparams", ["Entry"]), 5: ("start_time_secs", "double")},
    "Entry": {1: ("key", "text"), 2: ("value", "Any")},
    "Any": {2: ("number_value", "double"), 3: ("string_value", "text"), 4: ("bool_value", "int")},
    "End": {1: ("status", "int"), 2: ("end_time_secs", "double")},
}

WIRE_TYPES = {"int": 0, "double": 1, "float": 5}  # others are 2: a length, and so many bytes


def crc32c(data):
    """Bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked_crc(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(content):
    """The data of each record, once their checksums are right."""
    place = 0
    while place < len(content):
        head = content[place:place + 8]
        length, crc = struct.unpack("<QI", content[place:place + 12])
        assert masked_crc(head) == crc, f"length at byte {place}"
        data = content[place + 12:place + 12 + length]
        assert len(data) == length, f"record at byte {place}: cut short"
        crc, = struct.unpack("<I", content[place + 12 + length:place + 16 + length])
        assert masked_crc(data) == crc, f"data at byte {place}"
        yield data
        place += 16 + length


def varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def decode(message, data):
    """A message as a dictionary; unknown fields are errors."""
    decoded, place = {}, 0
    while place < len(data):
        tag, place = varint(data, place)
        name, kind = MESSAGES[message][tag >> 3]
        is_repeated = isinstance(kind, list)
        kind = kind[0] if is_repeated else kind
        assert tag & 7 == WIRE_TYPES.get(kind, 2), f"{message}.{name}: wire type {tag & 7}"
        if kind == "int":
            value, place = varint(data, place)
        elif kind in ("double", "float"):
            form = "<d" if kind == "double" else "<f"
            value, = struct.unpack_from(form, data, place)
            place += struct.calcsize(form)
        else:
            length, place = varint(data, place)
            content = data[place:place + length]
            assert len(content) == length, f"{message}.{name}: cut short"
            place += length
            if kind == "doubles":
                value = list(struct.unpack(f"<{length // 8}d", content))
            elif kind == "text":
                value = content.decode()
            else:
                value = content if kind == "bytes" else decode(kind, content)
        if is_repeated:
            decoded.setdefault(name, []).append(value)
        else:
            assert name not in decoded, f"{message}.{name}: twice"
            decoded[name] = value
    return decoded


def read_events(path):
    with open(path, "rb") as file:
        return [decode("Event", data) for data in records(file.read())]


def values(events):
    """(step, value) of every value of every summary."""
    return [(event.get("step", 0), value) for event in events
            for value in event.get("summary", {}).get("value", [])]


def hparams(value):
    """The content of a value of the plugin for hyperparameters."""
    plugin = value["metadata"]["plugin_data"]
    assert plugin["plugin_name"] == "hparams", plugin
    return decode("HParamsPluginData", plugin["content"])


def read_png(data):
    """Width, height, bytes a pixel, and lines of bytes, of a picture without filters."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, packed = 8, b""
    while place < len(data):
        length, = struct.unpack_from(">I", data, place)
        kind, content = data[place + 4:place + 8], data[place + 8:place + 8 + length]
        crc, = struct.unpack_from(">I", data, place + 8 + length)
        assert zlib.crc32(kind + content) == crc, kind
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack_from(">IIBB", content)
            assert depth == 8 and colour in (0, 2)
        if kind == b"IDAT":
            packed += content
        place += 12 + length
    pixel = 3 if colour == 2 else 1
    pixels, line = zlib.decompress(packed), 1 + width * pixel
    assert len(pixels) == height * line
    lines = [pixels[y * line:(y + 1) * line] for y in range(height)]
    assert all(line[0] == 0 for line in lines), "a filter"
    return width, height, pixel, [line[1:] for line in lines]
