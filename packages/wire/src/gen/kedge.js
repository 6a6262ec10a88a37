// Generated from proto/ by `npm run gen --workspace @kedge/wire`. Do not edit.
/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

const $root = $protobuf.roots["kedge.v1"] || ($protobuf.roots["kedge.v1"] = {});

export const kedge = $root.kedge = (() => {

    const kedge = {};

    kedge.v1 = (function() {

        const v1 = {};

        v1.Birth = (function() {

            const Birth = function (properties) {
                this.labels = {};
                this.backlog = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Birth.prototype.format = 0;
            Birth.prototype.deviceId = "";
            Birth.prototype.bootEpoch = 0;
            Birth.prototype.labels = $util.emptyObject;
            Birth.prototype.agentVersion = "";
            Birth.prototype.bundleDigest = $util.newBuffer([]);
            Birth.prototype.platform = "";
            Birth.prototype.oldestSeq = 0;
            Birth.prototype.nextSeq = 0;
            Birth.prototype.backlog = $util.emptyArray;
            Birth.prototype.atMs = null;
            Birth.prototype.uptimeMs = null;

            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Birth.prototype, "_atMs", {
                get: $util.oneOfGetter($oneOfFields = ["atMs"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Birth.prototype, "_uptimeMs", {
                get: $util.oneOfGetter($oneOfFields = ["uptimeMs"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            Birth.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.deviceId != null && $Object.hasOwnProperty.call(message, "deviceId") && message.deviceId !== "")
                    writer.uint32(18).string(message.deviceId);
                if (message.bootEpoch != null && $Object.hasOwnProperty.call(message, "bootEpoch") && message.bootEpoch !== 0)
                    writer.uint32(24).uint32(message.bootEpoch);
                if (message.labels != null && $Object.hasOwnProperty.call(message, "labels"))
                    for (let keys = $Object.keys(message.labels), i = 0; i < keys.length; ++i)
                        writer.uint32(34).fork().uint32(10).string(keys[i]).uint32(18).string(message.labels[keys[i]]).ldelim();
                if (message.agentVersion != null && $Object.hasOwnProperty.call(message, "agentVersion") && message.agentVersion !== "")
                    writer.uint32(42).string(message.agentVersion);
                if (message.bundleDigest != null && $Object.hasOwnProperty.call(message, "bundleDigest") && message.bundleDigest.length)
                    writer.uint32(50).bytes(message.bundleDigest);
                if (message.platform != null && $Object.hasOwnProperty.call(message, "platform") && message.platform !== "")
                    writer.uint32(58).string(message.platform);
                if (message.oldestSeq != null && $Object.hasOwnProperty.call(message, "oldestSeq") && message.oldestSeq !== 0)
                    writer.uint32(64).uint32(message.oldestSeq);
                if (message.nextSeq != null && $Object.hasOwnProperty.call(message, "nextSeq") && message.nextSeq !== 0)
                    writer.uint32(72).uint32(message.nextSeq);
                if (message.backlog != null && message.backlog.length)
                    for (let i = 0; i < message.backlog.length; ++i)
                        $root.kedge.v1.HeldRange.encode(message.backlog[i], writer.uint32(82).fork(), _depth + 1).ldelim();
                if (message.atMs != null && $Object.hasOwnProperty.call(message, "atMs"))
                    writer.uint32(89).double(message.atMs);
                if (message.uptimeMs != null && $Object.hasOwnProperty.call(message, "uptimeMs"))
                    writer.uint32(97).double(message.uptimeMs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Birth.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, key, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.Birth();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.deviceId = value;
                            else
                                delete message.deviceId;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.bootEpoch = value;
                            else
                                delete message.bootEpoch;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if (message.labels === $util.emptyObject)
                                message.labels = {};
                            let end2 = reader.size() + reader.pos;
                            if (end2 > reader.len)
                                throw $RangeError("index out of range");
                            reader.len = end2;
                            key = "";
                            value = "";
                            while (reader.pos < end2) {
                                let tag2 = reader.tag();
                                wireType = tag2 & 7;
                                switch (tag2 >>>= 3) {
                                case 1:
                                    if (wireType !== 2)
                                        break;
                                    key = reader.stringVerify();
                                    continue;
                                case 2:
                                    if (wireType !== 2)
                                        break;
                                    value = reader.stringVerify();
                                    continue;
                                }
                                reader.skipType(wireType, _depth, tag2);
                            }
                            if (reader.pos !== end2)
                                throw $RangeError("index out of range");
                            reader.len = end;
                            if (key === "__proto__")
                                $util.makeProp(message.labels, key);
                            message.labels[key] = value;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.agentVersion = value;
                            else
                                delete message.agentVersion;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.bundleDigest = value;
                            else
                                delete message.bundleDigest;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.platform = value;
                            else
                                delete message.platform;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.oldestSeq = value;
                            else
                                delete message.oldestSeq;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.nextSeq = value;
                            else
                                delete message.nextSeq;
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            if (!(message.backlog && message.backlog.length))
                                message.backlog = [];
                            message.backlog.push($root.kedge.v1.HeldRange.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 11: {
                            if (wireType !== 1)
                                break;
                            message.atMs = reader.double();
                            message._atMs = "atMs";
                            continue;
                        }
                    case 12: {
                            if (wireType !== 1)
                                break;
                            message.uptimeMs = reader.double();
                            message._uptimeMs = "uptimeMs";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Birth;
        })();

        v1.HeldRange = (function() {

            const HeldRange = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            HeldRange.prototype.bootEpoch = 0;
            HeldRange.prototype.oldestSeq = 0;
            HeldRange.prototype.nextSeq = 0;

            HeldRange.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.bootEpoch != null && $Object.hasOwnProperty.call(message, "bootEpoch") && message.bootEpoch !== 0)
                    writer.uint32(8).uint32(message.bootEpoch);
                if (message.oldestSeq != null && $Object.hasOwnProperty.call(message, "oldestSeq") && message.oldestSeq !== 0)
                    writer.uint32(16).uint32(message.oldestSeq);
                if (message.nextSeq != null && $Object.hasOwnProperty.call(message, "nextSeq") && message.nextSeq !== 0)
                    writer.uint32(24).uint32(message.nextSeq);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            HeldRange.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.HeldRange();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.bootEpoch = value;
                            else
                                delete message.bootEpoch;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.oldestSeq = value;
                            else
                                delete message.oldestSeq;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.nextSeq = value;
                            else
                                delete message.nextSeq;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return HeldRange;
        })();

        v1.Death = (function() {

            const Death = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Death.prototype.format = 0;
            Death.prototype.bootEpoch = 0;
            Death.prototype.graceful = false;

            Death.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.bootEpoch != null && $Object.hasOwnProperty.call(message, "bootEpoch") && message.bootEpoch !== 0)
                    writer.uint32(16).uint32(message.bootEpoch);
                if (message.graceful != null && $Object.hasOwnProperty.call(message, "graceful") && message.graceful !== false)
                    writer.uint32(24).bool(message.graceful);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Death.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.Death();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.bootEpoch = value;
                            else
                                delete message.bootEpoch;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.graceful = value;
                            else
                                delete message.graceful;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Death;
        })();

        v1.UpdateState = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "UPDATE_STATE_UNSPECIFIED"] = 0;
            values[valuesById[1] = "UPDATE_STATE_IDLE"] = 1;
            values[valuesById[2] = "UPDATE_STATE_PENDING"] = 2;
            values[valuesById[3] = "UPDATE_STATE_DOWNLOADING"] = 3;
            values[valuesById[4] = "UPDATE_STATE_VERIFYING"] = 4;
            values[valuesById[5] = "UPDATE_STATE_SELF_TESTING"] = 5;
            values[valuesById[6] = "UPDATE_STATE_ACTIVATING"] = 6;
            values[valuesById[7] = "UPDATE_STATE_PROBATION"] = 7;
            values[valuesById[8] = "UPDATE_STATE_COMMITTED"] = 8;
            values[valuesById[9] = "UPDATE_STATE_REJECTED"] = 9;
            values[valuesById[10] = "UPDATE_STATE_FAILED"] = 10;
            values[valuesById[11] = "UPDATE_STATE_ROLLED_BACK"] = 11;
            return values;
        })();

        v1.ReportedState = (function() {

            const ReportedState = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            ReportedState.prototype.format = 0;
            ReportedState.prototype.deviceId = "";
            ReportedState.prototype.bootEpoch = 0;
            ReportedState.prototype.atMs = 0;
            ReportedState.prototype.runningDigest = $util.newBuffer([]);
            ReportedState.prototype.previousDigest = $util.newBuffer([]);
            ReportedState.prototype.targetDigest = $util.newBuffer([]);
            ReportedState.prototype.desiredVersion = 0;
            ReportedState.prototype.update = 0;
            ReportedState.prototype.reason = "";
            ReportedState.prototype.outboxRecords = 0;
            ReportedState.prototype.outboxBytes = 0;
            ReportedState.prototype.outboxDropped = 0;
            ReportedState.prototype.windows = 0;
            ReportedState.prototype.predictions = 0;
            ReportedState.prototype.errors = 0;
            ReportedState.prototype.samples = 0;
            ReportedState.prototype.quietMs = 0;
            ReportedState.prototype.budget = null;

            ReportedState.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.deviceId != null && $Object.hasOwnProperty.call(message, "deviceId") && message.deviceId !== "")
                    writer.uint32(18).string(message.deviceId);
                if (message.bootEpoch != null && $Object.hasOwnProperty.call(message, "bootEpoch") && message.bootEpoch !== 0)
                    writer.uint32(24).uint32(message.bootEpoch);
                if (message.atMs != null && $Object.hasOwnProperty.call(message, "atMs") && !$Object.is(message.atMs, 0))
                    writer.uint32(33).double(message.atMs);
                if (message.runningDigest != null && $Object.hasOwnProperty.call(message, "runningDigest") && message.runningDigest.length)
                    writer.uint32(42).bytes(message.runningDigest);
                if (message.previousDigest != null && $Object.hasOwnProperty.call(message, "previousDigest") && message.previousDigest.length)
                    writer.uint32(50).bytes(message.previousDigest);
                if (message.targetDigest != null && $Object.hasOwnProperty.call(message, "targetDigest") && message.targetDigest.length)
                    writer.uint32(58).bytes(message.targetDigest);
                if (message.desiredVersion != null && $Object.hasOwnProperty.call(message, "desiredVersion") && message.desiredVersion !== 0)
                    writer.uint32(64).uint32(message.desiredVersion);
                if (message.update != null && $Object.hasOwnProperty.call(message, "update") && message.update !== 0)
                    writer.uint32(72).int32(message.update);
                if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                    writer.uint32(82).string(message.reason);
                if (message.outboxRecords != null && $Object.hasOwnProperty.call(message, "outboxRecords") && message.outboxRecords !== 0)
                    writer.uint32(88).uint32(message.outboxRecords);
                if (message.outboxBytes != null && $Object.hasOwnProperty.call(message, "outboxBytes") && !$Object.is(message.outboxBytes, 0))
                    writer.uint32(97).double(message.outboxBytes);
                if (message.outboxDropped != null && $Object.hasOwnProperty.call(message, "outboxDropped") && message.outboxDropped !== 0)
                    writer.uint32(104).uint32(message.outboxDropped);
                if (message.windows != null && $Object.hasOwnProperty.call(message, "windows") && message.windows !== 0)
                    writer.uint32(112).uint32(message.windows);
                if (message.predictions != null && $Object.hasOwnProperty.call(message, "predictions") && !$Object.is(message.predictions, 0))
                    writer.uint32(121).double(message.predictions);
                if (message.errors != null && $Object.hasOwnProperty.call(message, "errors") && message.errors !== 0)
                    writer.uint32(128).uint32(message.errors);
                if (message.samples != null && $Object.hasOwnProperty.call(message, "samples") && message.samples !== 0)
                    writer.uint32(136).uint32(message.samples);
                if (message.quietMs != null && $Object.hasOwnProperty.call(message, "quietMs") && message.quietMs !== 0)
                    writer.uint32(144).uint32(message.quietMs);
                if (message.budget != null && $Object.hasOwnProperty.call(message, "budget"))
                    $root.kedge.v1.LinkBudget.encode(message.budget, writer.uint32(154).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            ReportedState.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.ReportedState();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.deviceId = value;
                            else
                                delete message.deviceId;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.bootEpoch = value;
                            else
                                delete message.bootEpoch;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.atMs = value;
                            else
                                delete message.atMs;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.runningDigest = value;
                            else
                                delete message.runningDigest;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.previousDigest = value;
                            else
                                delete message.previousDigest;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.targetDigest = value;
                            else
                                delete message.targetDigest;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.desiredVersion = value;
                            else
                                delete message.desiredVersion;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.update = value;
                            else
                                delete message.update;
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.reason = value;
                            else
                                delete message.reason;
                            continue;
                        }
                    case 11: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.outboxRecords = value;
                            else
                                delete message.outboxRecords;
                            continue;
                        }
                    case 12: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.outboxBytes = value;
                            else
                                delete message.outboxBytes;
                            continue;
                        }
                    case 13: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.outboxDropped = value;
                            else
                                delete message.outboxDropped;
                            continue;
                        }
                    case 14: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.windows = value;
                            else
                                delete message.windows;
                            continue;
                        }
                    case 15: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.predictions = value;
                            else
                                delete message.predictions;
                            continue;
                        }
                    case 16: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.errors = value;
                            else
                                delete message.errors;
                            continue;
                        }
                    case 17: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.samples = value;
                            else
                                delete message.samples;
                            continue;
                        }
                    case 18: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.quietMs = value;
                            else
                                delete message.quietMs;
                            continue;
                        }
                    case 19: {
                            if (wireType !== 2)
                                break;
                            message.budget = $root.kedge.v1.LinkBudget.decode(reader, reader.size(), $undefined, _depth + 1, message.budget);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ReportedState;
        })();

        v1.LinkBudget = (function() {

            const LinkBudget = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            LinkBudget.prototype.bytesPerDay = 0;
            LinkBudget.prototype.spentBytes = 0;
            LinkBudget.prototype.mergedWindows = 0;
            LinkBudget.prototype.droppedDetails = 0;
            LinkBudget.prototype.droppedSamples = 0;

            LinkBudget.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.bytesPerDay != null && $Object.hasOwnProperty.call(message, "bytesPerDay") && !$Object.is(message.bytesPerDay, 0))
                    writer.uint32(9).double(message.bytesPerDay);
                if (message.spentBytes != null && $Object.hasOwnProperty.call(message, "spentBytes") && !$Object.is(message.spentBytes, 0))
                    writer.uint32(17).double(message.spentBytes);
                if (message.mergedWindows != null && $Object.hasOwnProperty.call(message, "mergedWindows") && message.mergedWindows !== 0)
                    writer.uint32(24).uint32(message.mergedWindows);
                if (message.droppedDetails != null && $Object.hasOwnProperty.call(message, "droppedDetails") && message.droppedDetails !== 0)
                    writer.uint32(32).uint32(message.droppedDetails);
                if (message.droppedSamples != null && $Object.hasOwnProperty.call(message, "droppedSamples") && message.droppedSamples !== 0)
                    writer.uint32(40).uint32(message.droppedSamples);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            LinkBudget.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.LinkBudget();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.bytesPerDay = value;
                            else
                                delete message.bytesPerDay;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.spentBytes = value;
                            else
                                delete message.spentBytes;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.mergedWindows = value;
                            else
                                delete message.mergedWindows;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.droppedDetails = value;
                            else
                                delete message.droppedDetails;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.droppedSamples = value;
                            else
                                delete message.droppedSamples;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LinkBudget;
        })();

        v1.UpdateEvent = (function() {

            const UpdateEvent = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            UpdateEvent.prototype.format = 0;
            UpdateEvent.prototype.deviceId = "";
            UpdateEvent.prototype.bootEpoch = 0;
            UpdateEvent.prototype.seq = 0;
            UpdateEvent.prototype.atMs = 0;
            UpdateEvent.prototype.rolloutId = "";
            UpdateEvent.prototype.desiredVersion = 0;
            UpdateEvent.prototype.from = 0;
            UpdateEvent.prototype.to = 0;
            UpdateEvent.prototype.targetDigest = $util.newBuffer([]);
            UpdateEvent.prototype.reason = "";

            UpdateEvent.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.deviceId != null && $Object.hasOwnProperty.call(message, "deviceId") && message.deviceId !== "")
                    writer.uint32(18).string(message.deviceId);
                if (message.bootEpoch != null && $Object.hasOwnProperty.call(message, "bootEpoch") && message.bootEpoch !== 0)
                    writer.uint32(24).uint32(message.bootEpoch);
                if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && message.seq !== 0)
                    writer.uint32(32).uint32(message.seq);
                if (message.atMs != null && $Object.hasOwnProperty.call(message, "atMs") && !$Object.is(message.atMs, 0))
                    writer.uint32(41).double(message.atMs);
                if (message.rolloutId != null && $Object.hasOwnProperty.call(message, "rolloutId") && message.rolloutId !== "")
                    writer.uint32(50).string(message.rolloutId);
                if (message.desiredVersion != null && $Object.hasOwnProperty.call(message, "desiredVersion") && message.desiredVersion !== 0)
                    writer.uint32(56).uint32(message.desiredVersion);
                if (message.from != null && $Object.hasOwnProperty.call(message, "from") && message.from !== 0)
                    writer.uint32(64).int32(message.from);
                if (message.to != null && $Object.hasOwnProperty.call(message, "to") && message.to !== 0)
                    writer.uint32(72).int32(message.to);
                if (message.targetDigest != null && $Object.hasOwnProperty.call(message, "targetDigest") && message.targetDigest.length)
                    writer.uint32(82).bytes(message.targetDigest);
                if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                    writer.uint32(90).string(message.reason);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            UpdateEvent.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.UpdateEvent();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.deviceId = value;
                            else
                                delete message.deviceId;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.bootEpoch = value;
                            else
                                delete message.bootEpoch;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.seq = value;
                            else
                                delete message.seq;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.atMs = value;
                            else
                                delete message.atMs;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.rolloutId = value;
                            else
                                delete message.rolloutId;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.desiredVersion = value;
                            else
                                delete message.desiredVersion;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.from = value;
                            else
                                delete message.from;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.to = value;
                            else
                                delete message.to;
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.targetDigest = value;
                            else
                                delete message.targetDigest;
                            continue;
                        }
                    case 11: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.reason = value;
                            else
                                delete message.reason;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return UpdateEvent;
        })();

        v1.DesiredState = (function() {

            const DesiredState = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            DesiredState.prototype.format = 0;
            DesiredState.prototype.deviceId = "";
            DesiredState.prototype.version = 0;
            DesiredState.prototype.rolloutId = "";
            DesiredState.prototype.bundleDigest = $util.newBuffer([]);
            DesiredState.prototype.manifestDigest = $util.newBuffer([]);
            DesiredState.prototype.issuedAtMs = 0;
            DesiredState.prototype.deadlineMs = null;
            DesiredState.prototype.sampling = null;
            DesiredState.prototype.windowMs = null;

            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(DesiredState.prototype, "_deadlineMs", {
                get: $util.oneOfGetter($oneOfFields = ["deadlineMs"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(DesiredState.prototype, "_windowMs", {
                get: $util.oneOfGetter($oneOfFields = ["windowMs"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            DesiredState.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.deviceId != null && $Object.hasOwnProperty.call(message, "deviceId") && message.deviceId !== "")
                    writer.uint32(18).string(message.deviceId);
                if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== 0)
                    writer.uint32(24).uint32(message.version);
                if (message.rolloutId != null && $Object.hasOwnProperty.call(message, "rolloutId") && message.rolloutId !== "")
                    writer.uint32(34).string(message.rolloutId);
                if (message.bundleDigest != null && $Object.hasOwnProperty.call(message, "bundleDigest") && message.bundleDigest.length)
                    writer.uint32(42).bytes(message.bundleDigest);
                if (message.manifestDigest != null && $Object.hasOwnProperty.call(message, "manifestDigest") && message.manifestDigest.length)
                    writer.uint32(50).bytes(message.manifestDigest);
                if (message.issuedAtMs != null && $Object.hasOwnProperty.call(message, "issuedAtMs") && !$Object.is(message.issuedAtMs, 0))
                    writer.uint32(57).double(message.issuedAtMs);
                if (message.deadlineMs != null && $Object.hasOwnProperty.call(message, "deadlineMs"))
                    writer.uint32(65).double(message.deadlineMs);
                if (message.sampling != null && $Object.hasOwnProperty.call(message, "sampling"))
                    $root.kedge.v1.SamplingPolicy.encode(message.sampling, writer.uint32(74).fork(), _depth + 1).ldelim();
                if (message.windowMs != null && $Object.hasOwnProperty.call(message, "windowMs"))
                    writer.uint32(80).uint32(message.windowMs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            DesiredState.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.DesiredState();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.deviceId = value;
                            else
                                delete message.deviceId;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.version = value;
                            else
                                delete message.version;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.rolloutId = value;
                            else
                                delete message.rolloutId;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.bundleDigest = value;
                            else
                                delete message.bundleDigest;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.manifestDigest = value;
                            else
                                delete message.manifestDigest;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.issuedAtMs = value;
                            else
                                delete message.issuedAtMs;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 1)
                                break;
                            message.deadlineMs = reader.double();
                            message._deadlineMs = "deadlineMs";
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.sampling = $root.kedge.v1.SamplingPolicy.decode(reader, reader.size(), $undefined, _depth + 1, message.sampling);
                            continue;
                        }
                    case 10: {
                            if (wireType !== 0)
                                break;
                            message.windowMs = reader.uint32();
                            message._windowMs = "windowMs";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return DesiredState;
        })();

        v1.SamplingPolicy = (function() {

            const SamplingPolicy = function (properties) {
                this.inputs = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            SamplingPolicy.prototype.maxPerHour = 0;
            SamplingPolicy.prototype.burst = 0;
            SamplingPolicy.prototype.maxBytesPerDay = 0;
            SamplingPolicy.prototype.maxBytesPerSample = 0;
            SamplingPolicy.prototype.lowConfidenceBelow = 0;
            SamplingPolicy.prototype.ordinaryShare = 0;
            SamplingPolicy.prototype.balanceClasses = false;
            SamplingPolicy.prototype.allInputs = false;
            SamplingPolicy.prototype.inputs = $util.emptyArray;

            SamplingPolicy.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.maxPerHour != null && $Object.hasOwnProperty.call(message, "maxPerHour") && message.maxPerHour !== 0)
                    writer.uint32(8).uint32(message.maxPerHour);
                if (message.burst != null && $Object.hasOwnProperty.call(message, "burst") && message.burst !== 0)
                    writer.uint32(16).uint32(message.burst);
                if (message.maxBytesPerDay != null && $Object.hasOwnProperty.call(message, "maxBytesPerDay") && !$Object.is(message.maxBytesPerDay, 0))
                    writer.uint32(25).double(message.maxBytesPerDay);
                if (message.maxBytesPerSample != null && $Object.hasOwnProperty.call(message, "maxBytesPerSample") && message.maxBytesPerSample !== 0)
                    writer.uint32(32).uint32(message.maxBytesPerSample);
                if (message.lowConfidenceBelow != null && $Object.hasOwnProperty.call(message, "lowConfidenceBelow") && !$Object.is(message.lowConfidenceBelow, 0))
                    writer.uint32(41).double(message.lowConfidenceBelow);
                if (message.ordinaryShare != null && $Object.hasOwnProperty.call(message, "ordinaryShare") && !$Object.is(message.ordinaryShare, 0))
                    writer.uint32(49).double(message.ordinaryShare);
                if (message.balanceClasses != null && $Object.hasOwnProperty.call(message, "balanceClasses") && message.balanceClasses !== false)
                    writer.uint32(56).bool(message.balanceClasses);
                if (message.allInputs != null && $Object.hasOwnProperty.call(message, "allInputs") && message.allInputs !== false)
                    writer.uint32(64).bool(message.allInputs);
                if (message.inputs != null && message.inputs.length)
                    for (let i = 0; i < message.inputs.length; ++i)
                        writer.uint32(74).string(message.inputs[i]);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            SamplingPolicy.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.SamplingPolicy();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.maxPerHour = value;
                            else
                                delete message.maxPerHour;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.burst = value;
                            else
                                delete message.burst;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.maxBytesPerDay = value;
                            else
                                delete message.maxBytesPerDay;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.maxBytesPerSample = value;
                            else
                                delete message.maxBytesPerSample;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.lowConfidenceBelow = value;
                            else
                                delete message.lowConfidenceBelow;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.ordinaryShare = value;
                            else
                                delete message.ordinaryShare;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.balanceClasses = value;
                            else
                                delete message.balanceClasses;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.allInputs = value;
                            else
                                delete message.allInputs;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            if (!(message.inputs && message.inputs.length))
                                message.inputs = [];
                            message.inputs.push(reader.stringVerify());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return SamplingPolicy;
        })();

        v1.SignedDesiredState = (function() {

            const SignedDesiredState = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            SignedDesiredState.prototype.format = 0;
            SignedDesiredState.prototype.payload = $util.newBuffer([]);
            SignedDesiredState.prototype.keyId = "";
            SignedDesiredState.prototype.signature = $util.newBuffer([]);

            SignedDesiredState.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.payload != null && $Object.hasOwnProperty.call(message, "payload") && message.payload.length)
                    writer.uint32(18).bytes(message.payload);
                if (message.keyId != null && $Object.hasOwnProperty.call(message, "keyId") && message.keyId !== "")
                    writer.uint32(26).string(message.keyId);
                if (message.signature != null && $Object.hasOwnProperty.call(message, "signature") && message.signature.length)
                    writer.uint32(34).bytes(message.signature);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            SignedDesiredState.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.SignedDesiredState();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.payload = value;
                            else
                                delete message.payload;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.keyId = value;
                            else
                                delete message.keyId;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.signature = value;
                            else
                                delete message.signature;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return SignedDesiredState;
        })();

        v1.ChunkRequest = (function() {

            const ChunkRequest = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            ChunkRequest.prototype.format = 0;
            ChunkRequest.prototype.digest = $util.newBuffer([]);
            ChunkRequest.prototype.index = 0;
            ChunkRequest.prototype.count = 0;

            ChunkRequest.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.digest != null && $Object.hasOwnProperty.call(message, "digest") && message.digest.length)
                    writer.uint32(18).bytes(message.digest);
                if (message.index != null && $Object.hasOwnProperty.call(message, "index") && message.index !== 0)
                    writer.uint32(24).uint32(message.index);
                if (message.count != null && $Object.hasOwnProperty.call(message, "count") && message.count !== 0)
                    writer.uint32(32).uint32(message.count);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            ChunkRequest.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.ChunkRequest();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.digest = value;
                            else
                                delete message.digest;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.index = value;
                            else
                                delete message.index;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.count = value;
                            else
                                delete message.count;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ChunkRequest;
        })();

        v1.Chunk = (function() {

            const Chunk = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Chunk.prototype.format = 0;
            Chunk.prototype.digest = $util.newBuffer([]);
            Chunk.prototype.index = 0;
            Chunk.prototype.total = 0;
            Chunk.prototype.content = $util.newBuffer([]);

            Chunk.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.digest != null && $Object.hasOwnProperty.call(message, "digest") && message.digest.length)
                    writer.uint32(18).bytes(message.digest);
                if (message.index != null && $Object.hasOwnProperty.call(message, "index") && message.index !== 0)
                    writer.uint32(24).uint32(message.index);
                if (message.total != null && $Object.hasOwnProperty.call(message, "total") && message.total !== 0)
                    writer.uint32(32).uint32(message.total);
                if (message.content != null && $Object.hasOwnProperty.call(message, "content") && message.content.length)
                    writer.uint32(42).bytes(message.content);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Chunk.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.Chunk();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.digest = value;
                            else
                                delete message.digest;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.index = value;
                            else
                                delete message.index;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.total = value;
                            else
                                delete message.total;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.content = value;
                            else
                                delete message.content;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Chunk;
        })();

        v1.EnrollRequest = (function() {

            const EnrollRequest = function (properties) {
                this.labels = {};
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            EnrollRequest.prototype.format = 0;
            EnrollRequest.prototype.token = "";
            EnrollRequest.prototype.csr = $util.newBuffer([]);
            EnrollRequest.prototype.requestedId = "";
            EnrollRequest.prototype.labels = $util.emptyObject;
            EnrollRequest.prototype.agentVersion = "";
            EnrollRequest.prototype.platform = "";

            EnrollRequest.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.token != null && $Object.hasOwnProperty.call(message, "token") && message.token !== "")
                    writer.uint32(18).string(message.token);
                if (message.csr != null && $Object.hasOwnProperty.call(message, "csr") && message.csr.length)
                    writer.uint32(26).bytes(message.csr);
                if (message.requestedId != null && $Object.hasOwnProperty.call(message, "requestedId") && message.requestedId !== "")
                    writer.uint32(34).string(message.requestedId);
                if (message.labels != null && $Object.hasOwnProperty.call(message, "labels"))
                    for (let keys = $Object.keys(message.labels), i = 0; i < keys.length; ++i)
                        writer.uint32(42).fork().uint32(10).string(keys[i]).uint32(18).string(message.labels[keys[i]]).ldelim();
                if (message.agentVersion != null && $Object.hasOwnProperty.call(message, "agentVersion") && message.agentVersion !== "")
                    writer.uint32(50).string(message.agentVersion);
                if (message.platform != null && $Object.hasOwnProperty.call(message, "platform") && message.platform !== "")
                    writer.uint32(58).string(message.platform);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            EnrollRequest.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, key, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.EnrollRequest();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.token = value;
                            else
                                delete message.token;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.csr = value;
                            else
                                delete message.csr;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.requestedId = value;
                            else
                                delete message.requestedId;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if (message.labels === $util.emptyObject)
                                message.labels = {};
                            let end2 = reader.size() + reader.pos;
                            if (end2 > reader.len)
                                throw $RangeError("index out of range");
                            reader.len = end2;
                            key = "";
                            value = "";
                            while (reader.pos < end2) {
                                let tag2 = reader.tag();
                                wireType = tag2 & 7;
                                switch (tag2 >>>= 3) {
                                case 1:
                                    if (wireType !== 2)
                                        break;
                                    key = reader.stringVerify();
                                    continue;
                                case 2:
                                    if (wireType !== 2)
                                        break;
                                    value = reader.stringVerify();
                                    continue;
                                }
                                reader.skipType(wireType, _depth, tag2);
                            }
                            if (reader.pos !== end2)
                                throw $RangeError("index out of range");
                            reader.len = end;
                            if (key === "__proto__")
                                $util.makeProp(message.labels, key);
                            message.labels[key] = value;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.agentVersion = value;
                            else
                                delete message.agentVersion;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.platform = value;
                            else
                                delete message.platform;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return EnrollRequest;
        })();

        v1.EnrollResponse = (function() {

            const EnrollResponse = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            EnrollResponse.prototype.format = 0;
            EnrollResponse.prototype.granted = null;
            EnrollResponse.prototype.refused = null;

            let $oneOfFields;

            $Object.defineProperty(EnrollResponse.prototype, "result", {
                get: $util.oneOfGetter($oneOfFields = ["granted", "refused"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            EnrollResponse.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.granted != null && $Object.hasOwnProperty.call(message, "granted"))
                    $root.kedge.v1.EnrollGranted.encode(message.granted, writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.refused != null && $Object.hasOwnProperty.call(message, "refused"))
                    $root.kedge.v1.EnrollRefused.encode(message.refused, writer.uint32(26).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            EnrollResponse.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.EnrollResponse();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.granted = $root.kedge.v1.EnrollGranted.decode(reader, reader.size(), $undefined, _depth + 1, message.granted);
                            message.result = "granted";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.refused = $root.kedge.v1.EnrollRefused.decode(reader, reader.size(), $undefined, _depth + 1, message.refused);
                            message.result = "refused";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return EnrollResponse;
        })();

        v1.EnrollGranted = (function() {

            const EnrollGranted = function (properties) {
                this.authorities = [];
                this.directorKeys = [];
                this.targetsKeys = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            EnrollGranted.prototype.deviceId = "";
            EnrollGranted.prototype.certificate = $util.newBuffer([]);
            EnrollGranted.prototype.authorities = $util.emptyArray;
            EnrollGranted.prototype.directorKeys = $util.emptyArray;
            EnrollGranted.prototype.targetsKeys = $util.emptyArray;
            EnrollGranted.prototype.notAfterMs = 0;

            EnrollGranted.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.deviceId != null && $Object.hasOwnProperty.call(message, "deviceId") && message.deviceId !== "")
                    writer.uint32(10).string(message.deviceId);
                if (message.certificate != null && $Object.hasOwnProperty.call(message, "certificate") && message.certificate.length)
                    writer.uint32(18).bytes(message.certificate);
                if (message.authorities != null && message.authorities.length)
                    for (let i = 0; i < message.authorities.length; ++i)
                        writer.uint32(26).bytes(message.authorities[i]);
                if (message.directorKeys != null && message.directorKeys.length)
                    for (let i = 0; i < message.directorKeys.length; ++i)
                        $root.kedge.v1.NamedKey.encode(message.directorKeys[i], writer.uint32(34).fork(), _depth + 1).ldelim();
                if (message.targetsKeys != null && message.targetsKeys.length)
                    for (let i = 0; i < message.targetsKeys.length; ++i)
                        $root.kedge.v1.NamedKey.encode(message.targetsKeys[i], writer.uint32(42).fork(), _depth + 1).ldelim();
                if (message.notAfterMs != null && $Object.hasOwnProperty.call(message, "notAfterMs") && !$Object.is(message.notAfterMs, 0))
                    writer.uint32(49).double(message.notAfterMs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            EnrollGranted.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.EnrollGranted();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.deviceId = value;
                            else
                                delete message.deviceId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.certificate = value;
                            else
                                delete message.certificate;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.authorities && message.authorities.length))
                                message.authorities = [];
                            message.authorities.push(reader.bytes());
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if (!(message.directorKeys && message.directorKeys.length))
                                message.directorKeys = [];
                            message.directorKeys.push($root.kedge.v1.NamedKey.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if (!(message.targetsKeys && message.targetsKeys.length))
                                message.targetsKeys = [];
                            message.targetsKeys.push($root.kedge.v1.NamedKey.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 6: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.notAfterMs = value;
                            else
                                delete message.notAfterMs;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return EnrollGranted;
        })();

        v1.NamedKey = (function() {

            const NamedKey = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            NamedKey.prototype.keyId = "";
            NamedKey.prototype.publicKey = $util.newBuffer([]);

            NamedKey.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.keyId != null && $Object.hasOwnProperty.call(message, "keyId") && message.keyId !== "")
                    writer.uint32(10).string(message.keyId);
                if (message.publicKey != null && $Object.hasOwnProperty.call(message, "publicKey") && message.publicKey.length)
                    writer.uint32(18).bytes(message.publicKey);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            NamedKey.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.NamedKey();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.keyId = value;
                            else
                                delete message.keyId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.publicKey = value;
                            else
                                delete message.publicKey;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return NamedKey;
        })();

        v1.EnrollRefused = (function() {

            const EnrollRefused = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            EnrollRefused.prototype.code = "";
            EnrollRefused.prototype.message = "";
            EnrollRefused.prototype.retryAfterMs = null;

            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(EnrollRefused.prototype, "_retryAfterMs", {
                get: $util.oneOfGetter($oneOfFields = ["retryAfterMs"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            EnrollRefused.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
                    writer.uint32(10).string(message.code);
                if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== "")
                    writer.uint32(18).string(message.message);
                if (message.retryAfterMs != null && $Object.hasOwnProperty.call(message, "retryAfterMs"))
                    writer.uint32(25).double(message.retryAfterMs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            EnrollRefused.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.EnrollRefused();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.code = value;
                            else
                                delete message.code;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.message = value;
                            else
                                delete message.message;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 1)
                                break;
                            message.retryAfterMs = reader.double();
                            message._retryAfterMs = "retryAfterMs";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return EnrollRefused;
        })();

        v1.Profile = (function() {

            const Profile = function (properties) {
                this.kind = [];
                this.size = [];
                this.counts = [];
                this.missing = [];
                this.wrongType = [];
                this.under = [];
                this.over = [];
                this.notANumber = [];
                this.mean = [];
                this.m2 = [];
                this.m2Short = [];
                this.min = [];
                this.max = [];
                this.other = [];
                this.vectors = [];
                this.sketchSums = [];
                this.spread = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Profile.prototype.specHash = $util.newBuffer([]);
            Profile.prototype.rows = 0;
            Profile.prototype.errors = 0;
            Profile.prototype.features = 0;
            Profile.prototype.kind = $util.emptyArray;
            Profile.prototype.size = $util.emptyArray;
            Profile.prototype.counts = $util.emptyArray;
            Profile.prototype.missing = $util.emptyArray;
            Profile.prototype.wrongType = $util.emptyArray;
            Profile.prototype.under = $util.emptyArray;
            Profile.prototype.over = $util.emptyArray;
            Profile.prototype.notANumber = $util.emptyArray;
            Profile.prototype.mean = $util.emptyArray;
            Profile.prototype.m2 = $util.emptyArray;
            Profile.prototype.m2Short = $util.emptyArray;
            Profile.prototype.min = $util.emptyArray;
            Profile.prototype.max = $util.emptyArray;
            Profile.prototype.other = $util.emptyArray;
            Profile.prototype.vectors = $util.emptyArray;
            Profile.prototype.sketchMeans = $util.newBuffer([]);
            Profile.prototype.sketchSums = $util.emptyArray;
            Profile.prototype.spread = $util.emptyArray;

            Profile.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.specHash != null && $Object.hasOwnProperty.call(message, "specHash") && message.specHash.length)
                    writer.uint32(10).bytes(message.specHash);
                if (message.rows != null && $Object.hasOwnProperty.call(message, "rows") && message.rows !== 0)
                    writer.uint32(16).uint32(message.rows);
                if (message.errors != null && $Object.hasOwnProperty.call(message, "errors") && message.errors !== 0)
                    writer.uint32(24).uint32(message.errors);
                if (message.kind != null && message.kind.length)
                    writer.uint32(34).uint32s(message.kind);
                if (message.size != null && message.size.length)
                    writer.uint32(42).uint32s(message.size);
                if (message.counts != null && message.counts.length)
                    writer.uint32(50).uint32s(message.counts);
                if (message.missing != null && message.missing.length)
                    writer.uint32(58).uint32s(message.missing);
                if (message.wrongType != null && message.wrongType.length)
                    writer.uint32(66).uint32s(message.wrongType);
                if (message.under != null && message.under.length)
                    writer.uint32(74).uint32s(message.under);
                if (message.over != null && message.over.length)
                    writer.uint32(82).uint32s(message.over);
                if (message.notANumber != null && message.notANumber.length)
                    writer.uint32(90).uint32s(message.notANumber);
                if (message.mean != null && message.mean.length)
                    writer.uint32(98).doubles(message.mean);
                if (message.m2 != null && message.m2.length)
                    writer.uint32(106).doubles(message.m2);
                if (message.min != null && message.min.length)
                    writer.uint32(114).floats(message.min);
                if (message.max != null && message.max.length)
                    writer.uint32(122).floats(message.max);
                if (message.other != null && message.other.length)
                    writer.uint32(130).uint32s(message.other);
                if (message.features != null && $Object.hasOwnProperty.call(message, "features") && message.features !== 0)
                    writer.uint32(136).uint32(message.features);
                if (message.m2Short != null && message.m2Short.length)
                    writer.uint32(146).floats(message.m2Short);
                if (message.vectors != null && message.vectors.length)
                    writer.uint32(154).uint32s(message.vectors);
                if (message.sketchMeans != null && $Object.hasOwnProperty.call(message, "sketchMeans") && message.sketchMeans.length)
                    writer.uint32(162).bytes(message.sketchMeans);
                if (message.sketchSums != null && message.sketchSums.length)
                    writer.uint32(170).doubles(message.sketchSums);
                if (message.spread != null && message.spread.length)
                    writer.uint32(178).doubles(message.spread);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Profile.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.Profile();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.specHash = value;
                            else
                                delete message.specHash;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.rows = value;
                            else
                                delete message.rows;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.errors = value;
                            else
                                delete message.errors;
                            continue;
                        }
                    case 17: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.features = value;
                            else
                                delete message.features;
                            continue;
                        }
                    case 4: {
                            if (wireType === 2) {
                                if (!(message.kind && message.kind.length))
                                    message.kind = [];
                                reader.uint32s(message.kind);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.kind && message.kind.length))
                                message.kind = [];
                            message.kind.push(reader.uint32());
                            continue;
                        }
                    case 5: {
                            if (wireType === 2) {
                                if (!(message.size && message.size.length))
                                    message.size = [];
                                reader.uint32s(message.size);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.size && message.size.length))
                                message.size = [];
                            message.size.push(reader.uint32());
                            continue;
                        }
                    case 6: {
                            if (wireType === 2) {
                                if (!(message.counts && message.counts.length))
                                    message.counts = [];
                                reader.uint32s(message.counts);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.counts && message.counts.length))
                                message.counts = [];
                            message.counts.push(reader.uint32());
                            continue;
                        }
                    case 7: {
                            if (wireType === 2) {
                                if (!(message.missing && message.missing.length))
                                    message.missing = [];
                                reader.uint32s(message.missing);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.missing && message.missing.length))
                                message.missing = [];
                            message.missing.push(reader.uint32());
                            continue;
                        }
                    case 8: {
                            if (wireType === 2) {
                                if (!(message.wrongType && message.wrongType.length))
                                    message.wrongType = [];
                                reader.uint32s(message.wrongType);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.wrongType && message.wrongType.length))
                                message.wrongType = [];
                            message.wrongType.push(reader.uint32());
                            continue;
                        }
                    case 9: {
                            if (wireType === 2) {
                                if (!(message.under && message.under.length))
                                    message.under = [];
                                reader.uint32s(message.under);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.under && message.under.length))
                                message.under = [];
                            message.under.push(reader.uint32());
                            continue;
                        }
                    case 10: {
                            if (wireType === 2) {
                                if (!(message.over && message.over.length))
                                    message.over = [];
                                reader.uint32s(message.over);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.over && message.over.length))
                                message.over = [];
                            message.over.push(reader.uint32());
                            continue;
                        }
                    case 11: {
                            if (wireType === 2) {
                                if (!(message.notANumber && message.notANumber.length))
                                    message.notANumber = [];
                                reader.uint32s(message.notANumber);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.notANumber && message.notANumber.length))
                                message.notANumber = [];
                            message.notANumber.push(reader.uint32());
                            continue;
                        }
                    case 12: {
                            if (wireType === 2) {
                                if (!(message.mean && message.mean.length))
                                    message.mean = [];
                                reader.doubles(message.mean);
                                continue;
                            }
                            if (wireType !== 1)
                                break;
                            if (!(message.mean && message.mean.length))
                                message.mean = [];
                            message.mean.push(reader.double());
                            continue;
                        }
                    case 13: {
                            if (wireType === 2) {
                                if (!(message.m2 && message.m2.length))
                                    message.m2 = [];
                                reader.doubles(message.m2);
                                continue;
                            }
                            if (wireType !== 1)
                                break;
                            if (!(message.m2 && message.m2.length))
                                message.m2 = [];
                            message.m2.push(reader.double());
                            continue;
                        }
                    case 18: {
                            if (wireType === 2) {
                                if (!(message.m2Short && message.m2Short.length))
                                    message.m2Short = [];
                                reader.floats(message.m2Short);
                                continue;
                            }
                            if (wireType !== 5)
                                break;
                            if (!(message.m2Short && message.m2Short.length))
                                message.m2Short = [];
                            message.m2Short.push(reader.float());
                            continue;
                        }
                    case 14: {
                            if (wireType === 2) {
                                if (!(message.min && message.min.length))
                                    message.min = [];
                                reader.floats(message.min);
                                continue;
                            }
                            if (wireType !== 5)
                                break;
                            if (!(message.min && message.min.length))
                                message.min = [];
                            message.min.push(reader.float());
                            continue;
                        }
                    case 15: {
                            if (wireType === 2) {
                                if (!(message.max && message.max.length))
                                    message.max = [];
                                reader.floats(message.max);
                                continue;
                            }
                            if (wireType !== 5)
                                break;
                            if (!(message.max && message.max.length))
                                message.max = [];
                            message.max.push(reader.float());
                            continue;
                        }
                    case 16: {
                            if (wireType === 2) {
                                if (!(message.other && message.other.length))
                                    message.other = [];
                                reader.uint32s(message.other);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.other && message.other.length))
                                message.other = [];
                            message.other.push(reader.uint32());
                            continue;
                        }
                    case 19: {
                            if (wireType === 2) {
                                if (!(message.vectors && message.vectors.length))
                                    message.vectors = [];
                                reader.uint32s(message.vectors);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.vectors && message.vectors.length))
                                message.vectors = [];
                            message.vectors.push(reader.uint32());
                            continue;
                        }
                    case 20: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.sketchMeans = value;
                            else
                                delete message.sketchMeans;
                            continue;
                        }
                    case 21: {
                            if (wireType === 2) {
                                if (!(message.sketchSums && message.sketchSums.length))
                                    message.sketchSums = [];
                                reader.doubles(message.sketchSums);
                                continue;
                            }
                            if (wireType !== 1)
                                break;
                            if (!(message.sketchSums && message.sketchSums.length))
                                message.sketchSums = [];
                            message.sketchSums.push(reader.double());
                            continue;
                        }
                    case 22: {
                            if (wireType === 2) {
                                if (!(message.spread && message.spread.length))
                                    message.spread = [];
                                reader.doubles(message.spread);
                                continue;
                            }
                            if (wireType !== 1)
                                break;
                            if (!(message.spread && message.spread.length))
                                message.spread = [];
                            message.spread.push(reader.double());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Profile;
        })();

        v1.ProfileFile = (function() {

            const ProfileFile = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            ProfileFile.prototype.format = 0;
            ProfileFile.prototype.profile = null;

            ProfileFile.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.profile != null && $Object.hasOwnProperty.call(message, "profile"))
                    $root.kedge.v1.Profile.encode(message.profile, writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            ProfileFile.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.ProfileFile();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.profile = $root.kedge.v1.Profile.decode(reader, reader.size(), $undefined, _depth + 1, message.profile);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ProfileFile;
        })();

        v1.ReferenceProfile = (function() {

            const ReferenceProfile = function (properties) {
                this.cohorts = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            ReferenceProfile.prototype.format = 0;
            ReferenceProfile.prototype.spec = "";
            ReferenceProfile.prototype.cohorts = $util.emptyArray;
            ReferenceProfile.prototype.watch = null;

            ReferenceProfile.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.spec != null && $Object.hasOwnProperty.call(message, "spec") && message.spec !== "")
                    writer.uint32(18).string(message.spec);
                if (message.cohorts != null && message.cohorts.length)
                    for (let i = 0; i < message.cohorts.length; ++i)
                        $root.kedge.v1.ReferenceCohort.encode(message.cohorts[i], writer.uint32(26).fork(), _depth + 1).ldelim();
                if (message.watch != null && $Object.hasOwnProperty.call(message, "watch"))
                    $root.kedge.v1.WatchPlan.encode(message.watch, writer.uint32(34).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            ReferenceProfile.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.ReferenceProfile();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.spec = value;
                            else
                                delete message.spec;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.cohorts && message.cohorts.length))
                                message.cohorts = [];
                            message.cohorts.push($root.kedge.v1.ReferenceCohort.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.watch = $root.kedge.v1.WatchPlan.decode(reader, reader.size(), $undefined, _depth + 1, message.watch);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ReferenceProfile;
        })();

        v1.WatchPlan = (function() {

            const WatchPlan = function (properties) {
                this.streams = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            WatchPlan.prototype.streams = $util.emptyArray;
            WatchPlan.prototype.alarmsPerFleetDay = 0;
            WatchPlan.prototype.devices = 0;
            WatchPlan.prototype.rowsPerDay = 0;

            WatchPlan.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.streams != null && message.streams.length)
                    for (let i = 0; i < message.streams.length; ++i)
                        $root.kedge.v1.WatchedStream.encode(message.streams[i], writer.uint32(10).fork(), _depth + 1).ldelim();
                if (message.alarmsPerFleetDay != null && $Object.hasOwnProperty.call(message, "alarmsPerFleetDay") && !$Object.is(message.alarmsPerFleetDay, 0))
                    writer.uint32(17).double(message.alarmsPerFleetDay);
                if (message.devices != null && $Object.hasOwnProperty.call(message, "devices") && message.devices !== 0)
                    writer.uint32(24).uint32(message.devices);
                if (message.rowsPerDay != null && $Object.hasOwnProperty.call(message, "rowsPerDay") && !$Object.is(message.rowsPerDay, 0))
                    writer.uint32(33).double(message.rowsPerDay);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            WatchPlan.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.WatchPlan();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.streams && message.streams.length))
                                message.streams = [];
                            message.streams.push($root.kedge.v1.WatchedStream.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.alarmsPerFleetDay = value;
                            else
                                delete message.alarmsPerFleetDay;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.devices = value;
                            else
                                delete message.devices;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.rowsPerDay = value;
                            else
                                delete message.rowsPerDay;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return WatchPlan;
        })();

        v1.WatchedStream = (function() {

            const WatchedStream = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            WatchedStream.prototype.name = "";
            WatchedStream.prototype.falseAlarmEvery = 0;

            WatchedStream.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                    writer.uint32(10).string(message.name);
                if (message.falseAlarmEvery != null && $Object.hasOwnProperty.call(message, "falseAlarmEvery") && !$Object.is(message.falseAlarmEvery, 0))
                    writer.uint32(17).double(message.falseAlarmEvery);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            WatchedStream.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.WatchedStream();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.name = value;
                            else
                                delete message.name;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.falseAlarmEvery = value;
                            else
                                delete message.falseAlarmEvery;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return WatchedStream;
        })();

        v1.ReferenceCohort = (function() {

            const ReferenceCohort = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            ReferenceCohort.prototype.selector = "";
            ReferenceCohort.prototype.profile = null;
            ReferenceCohort.prototype.rows = 0;

            ReferenceCohort.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.selector != null && $Object.hasOwnProperty.call(message, "selector") && message.selector !== "")
                    writer.uint32(10).string(message.selector);
                if (message.profile != null && $Object.hasOwnProperty.call(message, "profile"))
                    $root.kedge.v1.Profile.encode(message.profile, writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.rows != null && $Object.hasOwnProperty.call(message, "rows") && message.rows !== 0)
                    writer.uint32(24).uint32(message.rows);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            ReferenceCohort.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.ReferenceCohort();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.selector = value;
                            else
                                delete message.selector;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.profile = $root.kedge.v1.Profile.decode(reader, reader.size(), $undefined, _depth + 1, message.profile);
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.rows = value;
                            else
                                delete message.rows;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ReferenceCohort;
        })();

        v1.Window = (function() {

            const Window = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Window.prototype.format = 0;
            Window.prototype.deviceId = "";
            Window.prototype.bootEpoch = 0;
            Window.prototype.seq = 0;
            Window.prototype.startMs = 0;
            Window.prototype.endMs = 0;
            Window.prototype.bundleDigest = $util.newBuffer([]);
            Window.prototype.trigger = 0;
            Window.prototype.profile = null;
            Window.prototype.uptimeMs = null;
            Window.prototype.detail = null;

            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Window.prototype, "_uptimeMs", {
                get: $util.oneOfGetter($oneOfFields = ["uptimeMs"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            Window.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.deviceId != null && $Object.hasOwnProperty.call(message, "deviceId") && message.deviceId !== "")
                    writer.uint32(18).string(message.deviceId);
                if (message.bootEpoch != null && $Object.hasOwnProperty.call(message, "bootEpoch") && message.bootEpoch !== 0)
                    writer.uint32(24).uint32(message.bootEpoch);
                if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && message.seq !== 0)
                    writer.uint32(32).uint32(message.seq);
                if (message.startMs != null && $Object.hasOwnProperty.call(message, "startMs") && !$Object.is(message.startMs, 0))
                    writer.uint32(41).double(message.startMs);
                if (message.endMs != null && $Object.hasOwnProperty.call(message, "endMs") && !$Object.is(message.endMs, 0))
                    writer.uint32(49).double(message.endMs);
                if (message.bundleDigest != null && $Object.hasOwnProperty.call(message, "bundleDigest") && message.bundleDigest.length)
                    writer.uint32(58).bytes(message.bundleDigest);
                if (message.trigger != null && $Object.hasOwnProperty.call(message, "trigger") && message.trigger !== 0)
                    writer.uint32(64).int32(message.trigger);
                if (message.profile != null && $Object.hasOwnProperty.call(message, "profile"))
                    $root.kedge.v1.Profile.encode(message.profile, writer.uint32(74).fork(), _depth + 1).ldelim();
                if (message.uptimeMs != null && $Object.hasOwnProperty.call(message, "uptimeMs"))
                    writer.uint32(81).double(message.uptimeMs);
                if (message.detail != null && $Object.hasOwnProperty.call(message, "detail"))
                    $root.kedge.v1.WindowDetail.encode(message.detail, writer.uint32(90).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Window.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.Window();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.deviceId = value;
                            else
                                delete message.deviceId;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.bootEpoch = value;
                            else
                                delete message.bootEpoch;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.seq = value;
                            else
                                delete message.seq;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.startMs = value;
                            else
                                delete message.startMs;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.endMs = value;
                            else
                                delete message.endMs;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.bundleDigest = value;
                            else
                                delete message.bundleDigest;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.trigger = value;
                            else
                                delete message.trigger;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.profile = $root.kedge.v1.Profile.decode(reader, reader.size(), $undefined, _depth + 1, message.profile);
                            continue;
                        }
                    case 10: {
                            if (wireType !== 1)
                                break;
                            message.uptimeMs = reader.double();
                            message._uptimeMs = "uptimeMs";
                            continue;
                        }
                    case 11: {
                            if (wireType !== 2)
                                break;
                            message.detail = $root.kedge.v1.WindowDetail.decode(reader, reader.size(), $undefined, _depth + 1, message.detail);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Window;
        })();

        v1.WindowDetail = (function() {

            const WindowDetail = function (properties) {
                this.alarms = [];
                this.sketches = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            WindowDetail.prototype.alarms = $util.emptyArray;
            WindowDetail.prototype.sketches = $util.emptyArray;

            WindowDetail.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.alarms != null && message.alarms.length)
                    for (let i = 0; i < message.alarms.length; ++i)
                        $root.kedge.v1.StreamAlarm.encode(message.alarms[i], writer.uint32(10).fork(), _depth + 1).ldelim();
                if (message.sketches != null && message.sketches.length)
                    for (let i = 0; i < message.sketches.length; ++i)
                        $root.kedge.v1.FeatureSketch.encode(message.sketches[i], writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            WindowDetail.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.WindowDetail();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.alarms && message.alarms.length))
                                message.alarms = [];
                            message.alarms.push($root.kedge.v1.StreamAlarm.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.sketches && message.sketches.length))
                                message.sketches = [];
                            message.sketches.push($root.kedge.v1.FeatureSketch.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return WindowDetail;
        })();

        v1.StreamAlarm = (function() {

            const StreamAlarm = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            StreamAlarm.prototype.stream = "";
            StreamAlarm.prototype.change = 0;
            StreamAlarm.prototype.beforeMean = 0;
            StreamAlarm.prototype.afterMean = 0;
            StreamAlarm.prototype.beforeRows = 0;
            StreamAlarm.prototype.afterRows = 0;

            StreamAlarm.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.stream != null && $Object.hasOwnProperty.call(message, "stream") && message.stream !== "")
                    writer.uint32(10).string(message.stream);
                if (message.change != null && $Object.hasOwnProperty.call(message, "change") && message.change !== 0)
                    writer.uint32(16).int32(message.change);
                if (message.beforeMean != null && $Object.hasOwnProperty.call(message, "beforeMean") && !$Object.is(message.beforeMean, 0))
                    writer.uint32(25).double(message.beforeMean);
                if (message.afterMean != null && $Object.hasOwnProperty.call(message, "afterMean") && !$Object.is(message.afterMean, 0))
                    writer.uint32(33).double(message.afterMean);
                if (message.beforeRows != null && $Object.hasOwnProperty.call(message, "beforeRows") && message.beforeRows !== 0)
                    writer.uint32(40).uint32(message.beforeRows);
                if (message.afterRows != null && $Object.hasOwnProperty.call(message, "afterRows") && message.afterRows !== 0)
                    writer.uint32(48).uint32(message.afterRows);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            StreamAlarm.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.StreamAlarm();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.stream = value;
                            else
                                delete message.stream;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.change = value;
                            else
                                delete message.change;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.beforeMean = value;
                            else
                                delete message.beforeMean;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.afterMean = value;
                            else
                                delete message.afterMean;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.beforeRows = value;
                            else
                                delete message.beforeRows;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.afterRows = value;
                            else
                                delete message.afterRows;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return StreamAlarm;
        })();

        v1.StreamChange = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "STREAM_CHANGE_UNSPECIFIED"] = 0;
            values[valuesById[1] = "STREAM_CHANGE_LEVEL"] = 1;
            values[valuesById[2] = "STREAM_CHANGE_SPREAD"] = 2;
            return values;
        })();

        v1.FeatureSketch = (function() {

            const FeatureSketch = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            FeatureSketch.prototype.feature = "";
            FeatureSketch.prototype.kll = $util.newBuffer([]);

            FeatureSketch.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.feature != null && $Object.hasOwnProperty.call(message, "feature") && message.feature !== "")
                    writer.uint32(10).string(message.feature);
                if (message.kll != null && $Object.hasOwnProperty.call(message, "kll") && message.kll.length)
                    writer.uint32(18).bytes(message.kll);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            FeatureSketch.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.FeatureSketch();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.feature = value;
                            else
                                delete message.feature;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.kll = value;
                            else
                                delete message.kll;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return FeatureSketch;
        })();

        v1.WindowTrigger = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "WINDOW_TRIGGER_UNSPECIFIED"] = 0;
            values[valuesById[1] = "WINDOW_TRIGGER_INTERVAL"] = 1;
            values[valuesById[2] = "WINDOW_TRIGGER_DETECTOR"] = 2;
            values[valuesById[3] = "WINDOW_TRIGGER_SHUTDOWN"] = 3;
            return values;
        })();

        v1.Sample = (function() {

            const Sample = function (properties) {
                this.inputs = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Sample.prototype.format = 0;
            Sample.prototype.deviceId = "";
            Sample.prototype.bootEpoch = 0;
            Sample.prototype.seq = 0;
            Sample.prototype.atMs = 0;
            Sample.prototype.bundleDigest = $util.newBuffer([]);
            Sample.prototype.inputs = $util.emptyArray;
            Sample.prototype.predictedLabel = "";
            Sample.prototype.score = 0;
            Sample.prototype.reason = "";
            Sample.prototype.contentSha256 = $util.newBuffer([]);

            Sample.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.deviceId != null && $Object.hasOwnProperty.call(message, "deviceId") && message.deviceId !== "")
                    writer.uint32(18).string(message.deviceId);
                if (message.bootEpoch != null && $Object.hasOwnProperty.call(message, "bootEpoch") && message.bootEpoch !== 0)
                    writer.uint32(24).uint32(message.bootEpoch);
                if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && message.seq !== 0)
                    writer.uint32(32).uint32(message.seq);
                if (message.atMs != null && $Object.hasOwnProperty.call(message, "atMs") && !$Object.is(message.atMs, 0))
                    writer.uint32(41).double(message.atMs);
                if (message.bundleDigest != null && $Object.hasOwnProperty.call(message, "bundleDigest") && message.bundleDigest.length)
                    writer.uint32(50).bytes(message.bundleDigest);
                if (message.inputs != null && message.inputs.length)
                    for (let i = 0; i < message.inputs.length; ++i)
                        $root.kedge.v1.SampleInput.encode(message.inputs[i], writer.uint32(58).fork(), _depth + 1).ldelim();
                if (message.predictedLabel != null && $Object.hasOwnProperty.call(message, "predictedLabel") && message.predictedLabel !== "")
                    writer.uint32(66).string(message.predictedLabel);
                if (message.score != null && $Object.hasOwnProperty.call(message, "score") && !$Object.is(message.score, 0))
                    writer.uint32(73).double(message.score);
                if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                    writer.uint32(82).string(message.reason);
                if (message.contentSha256 != null && $Object.hasOwnProperty.call(message, "contentSha256") && message.contentSha256.length)
                    writer.uint32(90).bytes(message.contentSha256);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Sample.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.Sample();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.deviceId = value;
                            else
                                delete message.deviceId;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.bootEpoch = value;
                            else
                                delete message.bootEpoch;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.seq = value;
                            else
                                delete message.seq;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.atMs = value;
                            else
                                delete message.atMs;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.bundleDigest = value;
                            else
                                delete message.bundleDigest;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if (!(message.inputs && message.inputs.length))
                                message.inputs = [];
                            message.inputs.push($root.kedge.v1.SampleInput.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.predictedLabel = value;
                            else
                                delete message.predictedLabel;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.score = value;
                            else
                                delete message.score;
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.reason = value;
                            else
                                delete message.reason;
                            continue;
                        }
                    case 11: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.contentSha256 = value;
                            else
                                delete message.contentSha256;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Sample;
        })();

        v1.SampleInput = (function() {

            const SampleInput = function (properties) {
                this.dims = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            SampleInput.prototype.name = "";
            SampleInput.prototype.type = 0;
            SampleInput.prototype.dims = $util.emptyArray;
            SampleInput.prototype.content = $util.newBuffer([]);

            SampleInput.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                    writer.uint32(10).string(message.name);
                if (message.type != null && $Object.hasOwnProperty.call(message, "type") && message.type !== 0)
                    writer.uint32(16).int32(message.type);
                if (message.dims != null && message.dims.length)
                    writer.uint32(26).uint32s(message.dims);
                if (message.content != null && $Object.hasOwnProperty.call(message, "content") && message.content.length)
                    writer.uint32(34).bytes(message.content);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            SampleInput.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.SampleInput();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.name = value;
                            else
                                delete message.name;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.type = value;
                            else
                                delete message.type;
                            continue;
                        }
                    case 3: {
                            if (wireType === 2) {
                                if (!(message.dims && message.dims.length))
                                    message.dims = [];
                                reader.uint32s(message.dims);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.dims && message.dims.length))
                                message.dims = [];
                            message.dims.push(reader.uint32());
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.content = value;
                            else
                                delete message.content;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return SampleInput;
        })();

        v1.SampleInputType = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "SAMPLE_INPUT_TYPE_UNSPECIFIED"] = 0;
            values[valuesById[1] = "SAMPLE_INPUT_TYPE_FLOAT32"] = 1;
            values[valuesById[2] = "SAMPLE_INPUT_TYPE_UINT8"] = 2;
            values[valuesById[3] = "SAMPLE_INPUT_TYPE_INT32"] = 3;
            values[valuesById[4] = "SAMPLE_INPUT_TYPE_INT64"] = 4;
            values[valuesById[5] = "SAMPLE_INPUT_TYPE_BOOL"] = 5;
            values[valuesById[6] = "SAMPLE_INPUT_TYPE_STRING"] = 6;
            values[valuesById[7] = "SAMPLE_INPUT_TYPE_COLUMN"] = 7;
            return values;
        })();

        v1.Ack = (function() {

            const Ack = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Ack.prototype.format = 0;
            Ack.prototype.bootEpoch = 0;
            Ack.prototype.seq = 0;
            Ack.prototype.collectorMs = null;

            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Ack.prototype, "_collectorMs", {
                get: $util.oneOfGetter($oneOfFields = ["collectorMs"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            Ack.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                    writer.uint32(8).uint32(message.format);
                if (message.bootEpoch != null && $Object.hasOwnProperty.call(message, "bootEpoch") && message.bootEpoch !== 0)
                    writer.uint32(16).uint32(message.bootEpoch);
                if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && message.seq !== 0)
                    writer.uint32(24).uint32(message.seq);
                if (message.collectorMs != null && $Object.hasOwnProperty.call(message, "collectorMs"))
                    writer.uint32(33).double(message.collectorMs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Ack.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.kedge.v1.Ack();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.format = value;
                            else
                                delete message.format;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.bootEpoch = value;
                            else
                                delete message.bootEpoch;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.seq = value;
                            else
                                delete message.seq;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 1)
                                break;
                            message.collectorMs = reader.double();
                            message._collectorMs = "collectorMs";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Ack;
        })();

        return v1;
    })();

    return kedge;
})();

export {
  $root as default
};
