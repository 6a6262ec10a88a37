// Generated from proto/ by `npm run gen --workspace @kedge/wire`. Do not edit.
import * as $protobuf from "protobufjs";

/** Namespace kedge. */
export namespace kedge {

    /** Namespace v1. */
    namespace v1 {

        /**
         * Properties of a Birth.
         * @deprecated Use kedge.v1.Birth.$Properties instead.
         */
        interface IBirth extends kedge.v1.Birth.$Properties {
        }

        /** Represents a Birth. */
        class Birth {

            /**
             * Constructs a new Birth.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.Birth.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Birth format. */
            format: number;

            /** Birth deviceId. */
            deviceId: string;

            /** Birth bootEpoch. */
            bootEpoch: number;

            /** Birth labels. */
            labels: { [k: string]: string };

            /** Birth agentVersion. */
            agentVersion: string;

            /** Birth bundleDigest. */
            bundleDigest: Uint8Array;

            /** Birth platform. */
            platform: string;

            /** Birth oldestSeq. */
            oldestSeq: number;

            /** Birth nextSeq. */
            nextSeq: number;

            /** Birth backlog. */
            backlog: kedge.v1.HeldRange.$Properties[];

            /** Birth atMs. */
            atMs?: (number|null);

            /** Birth uptimeMs. */
            uptimeMs?: (number|null);

            /**
             * Encodes the specified Birth message. Does not implicitly {@link kedge.v1.Birth.verify|verify} messages.
             * @param message Birth message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.Birth.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Birth message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.Birth & kedge.v1.Birth.$Shape} Birth
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.Birth & kedge.v1.Birth.$Shape;
        }

        namespace Birth {

            /** Properties of a Birth. */
            interface $Properties {

                /** Birth format */
                format?: (number|null);

                /** Birth deviceId */
                deviceId?: (string|null);

                /** Birth bootEpoch */
                bootEpoch?: (number|null);

                /** Birth labels */
                labels?: ({ [k: string]: string }|null);

                /** Birth agentVersion */
                agentVersion?: (string|null);

                /** Birth bundleDigest */
                bundleDigest?: (Uint8Array|null);

                /** Birth platform */
                platform?: (string|null);

                /** Birth oldestSeq */
                oldestSeq?: (number|null);

                /** Birth nextSeq */
                nextSeq?: (number|null);

                /** Birth backlog */
                backlog?: (kedge.v1.HeldRange.$Properties[]|null);

                /** Birth atMs */
                atMs?: (number|null);

                /** Birth uptimeMs */
                uptimeMs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Birth. */
            type $Shape = kedge.v1.Birth.$Properties;
        }

        /**
         * Properties of a HeldRange.
         * @deprecated Use kedge.v1.HeldRange.$Properties instead.
         */
        interface IHeldRange extends kedge.v1.HeldRange.$Properties {
        }

        /** Represents a HeldRange. */
        class HeldRange {

            /**
             * Constructs a new HeldRange.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.HeldRange.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** HeldRange bootEpoch. */
            bootEpoch: number;

            /** HeldRange oldestSeq. */
            oldestSeq: number;

            /** HeldRange nextSeq. */
            nextSeq: number;

            /**
             * Encodes the specified HeldRange message. Does not implicitly {@link kedge.v1.HeldRange.verify|verify} messages.
             * @param message HeldRange message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.HeldRange.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a HeldRange message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.HeldRange & kedge.v1.HeldRange.$Shape} HeldRange
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.HeldRange & kedge.v1.HeldRange.$Shape;
        }

        namespace HeldRange {

            /** Properties of a HeldRange. */
            interface $Properties {

                /** HeldRange bootEpoch */
                bootEpoch?: (number|null);

                /** HeldRange oldestSeq */
                oldestSeq?: (number|null);

                /** HeldRange nextSeq */
                nextSeq?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a HeldRange. */
            type $Shape = kedge.v1.HeldRange.$Properties;
        }

        /**
         * Properties of a Death.
         * @deprecated Use kedge.v1.Death.$Properties instead.
         */
        interface IDeath extends kedge.v1.Death.$Properties {
        }

        /** Represents a Death. */
        class Death {

            /**
             * Constructs a new Death.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.Death.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Death format. */
            format: number;

            /** Death bootEpoch. */
            bootEpoch: number;

            /** Death graceful. */
            graceful: boolean;

            /**
             * Encodes the specified Death message. Does not implicitly {@link kedge.v1.Death.verify|verify} messages.
             * @param message Death message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.Death.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Death message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.Death & kedge.v1.Death.$Shape} Death
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.Death & kedge.v1.Death.$Shape;
        }

        namespace Death {

            /** Properties of a Death. */
            interface $Properties {

                /** Death format */
                format?: (number|null);

                /** Death bootEpoch */
                bootEpoch?: (number|null);

                /** Death graceful */
                graceful?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Death. */
            type $Shape = kedge.v1.Death.$Properties;
        }

        /** UpdateState enum. */
        enum UpdateState {

            /** UPDATE_STATE_UNSPECIFIED value */
            UPDATE_STATE_UNSPECIFIED = 0,

            /** UPDATE_STATE_IDLE value */
            UPDATE_STATE_IDLE = 1,

            /** UPDATE_STATE_PENDING value */
            UPDATE_STATE_PENDING = 2,

            /** UPDATE_STATE_DOWNLOADING value */
            UPDATE_STATE_DOWNLOADING = 3,

            /** UPDATE_STATE_VERIFYING value */
            UPDATE_STATE_VERIFYING = 4,

            /** UPDATE_STATE_SELF_TESTING value */
            UPDATE_STATE_SELF_TESTING = 5,

            /** UPDATE_STATE_ACTIVATING value */
            UPDATE_STATE_ACTIVATING = 6,

            /** UPDATE_STATE_PROBATION value */
            UPDATE_STATE_PROBATION = 7,

            /** UPDATE_STATE_COMMITTED value */
            UPDATE_STATE_COMMITTED = 8,

            /** UPDATE_STATE_REJECTED value */
            UPDATE_STATE_REJECTED = 9,

            /** UPDATE_STATE_FAILED value */
            UPDATE_STATE_FAILED = 10,

            /** UPDATE_STATE_ROLLED_BACK value */
            UPDATE_STATE_ROLLED_BACK = 11
        }

        /**
         * Properties of a ReportedState.
         * @deprecated Use kedge.v1.ReportedState.$Properties instead.
         */
        interface IReportedState extends kedge.v1.ReportedState.$Properties {
        }

        /** Represents a ReportedState. */
        class ReportedState {

            /**
             * Constructs a new ReportedState.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.ReportedState.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ReportedState format. */
            format: number;

            /** ReportedState deviceId. */
            deviceId: string;

            /** ReportedState bootEpoch. */
            bootEpoch: number;

            /** ReportedState atMs. */
            atMs: number;

            /** ReportedState runningDigest. */
            runningDigest: Uint8Array;

            /** ReportedState previousDigest. */
            previousDigest: Uint8Array;

            /** ReportedState targetDigest. */
            targetDigest: Uint8Array;

            /** ReportedState desiredVersion. */
            desiredVersion: number;

            /** ReportedState update. */
            update: kedge.v1.UpdateState;

            /** ReportedState reason. */
            reason: string;

            /** ReportedState outboxRecords. */
            outboxRecords: number;

            /** ReportedState outboxBytes. */
            outboxBytes: number;

            /** ReportedState outboxDropped. */
            outboxDropped: number;

            /** ReportedState windows. */
            windows: number;

            /** ReportedState predictions. */
            predictions: number;

            /** ReportedState errors. */
            errors: number;

            /** ReportedState samples. */
            samples: number;

            /** ReportedState quietMs. */
            quietMs: number;

            /** ReportedState budget. */
            budget?: (kedge.v1.LinkBudget.$Properties|null);

            /**
             * Encodes the specified ReportedState message. Does not implicitly {@link kedge.v1.ReportedState.verify|verify} messages.
             * @param message ReportedState message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.ReportedState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ReportedState message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.ReportedState & kedge.v1.ReportedState.$Shape} ReportedState
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.ReportedState & kedge.v1.ReportedState.$Shape;
        }

        namespace ReportedState {

            /** Properties of a ReportedState. */
            interface $Properties {

                /** ReportedState format */
                format?: (number|null);

                /** ReportedState deviceId */
                deviceId?: (string|null);

                /** ReportedState bootEpoch */
                bootEpoch?: (number|null);

                /** ReportedState atMs */
                atMs?: (number|null);

                /** ReportedState runningDigest */
                runningDigest?: (Uint8Array|null);

                /** ReportedState previousDigest */
                previousDigest?: (Uint8Array|null);

                /** ReportedState targetDigest */
                targetDigest?: (Uint8Array|null);

                /** ReportedState desiredVersion */
                desiredVersion?: (number|null);

                /** ReportedState update */
                update?: (kedge.v1.UpdateState|null);

                /** ReportedState reason */
                reason?: (string|null);

                /** ReportedState outboxRecords */
                outboxRecords?: (number|null);

                /** ReportedState outboxBytes */
                outboxBytes?: (number|null);

                /** ReportedState outboxDropped */
                outboxDropped?: (number|null);

                /** ReportedState windows */
                windows?: (number|null);

                /** ReportedState predictions */
                predictions?: (number|null);

                /** ReportedState errors */
                errors?: (number|null);

                /** ReportedState samples */
                samples?: (number|null);

                /** ReportedState quietMs */
                quietMs?: (number|null);

                /** ReportedState budget */
                budget?: (kedge.v1.LinkBudget.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ReportedState. */
            type $Shape = kedge.v1.ReportedState.$Properties;
        }

        /**
         * Properties of a LinkBudget.
         * @deprecated Use kedge.v1.LinkBudget.$Properties instead.
         */
        interface ILinkBudget extends kedge.v1.LinkBudget.$Properties {
        }

        /** Represents a LinkBudget. */
        class LinkBudget {

            /**
             * Constructs a new LinkBudget.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.LinkBudget.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** LinkBudget bytesPerDay. */
            bytesPerDay: number;

            /** LinkBudget spentBytes. */
            spentBytes: number;

            /** LinkBudget mergedWindows. */
            mergedWindows: number;

            /** LinkBudget droppedDetails. */
            droppedDetails: number;

            /** LinkBudget droppedSamples. */
            droppedSamples: number;

            /**
             * Encodes the specified LinkBudget message. Does not implicitly {@link kedge.v1.LinkBudget.verify|verify} messages.
             * @param message LinkBudget message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.LinkBudget.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LinkBudget message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.LinkBudget & kedge.v1.LinkBudget.$Shape} LinkBudget
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.LinkBudget & kedge.v1.LinkBudget.$Shape;
        }

        namespace LinkBudget {

            /** Properties of a LinkBudget. */
            interface $Properties {

                /** LinkBudget bytesPerDay */
                bytesPerDay?: (number|null);

                /** LinkBudget spentBytes */
                spentBytes?: (number|null);

                /** LinkBudget mergedWindows */
                mergedWindows?: (number|null);

                /** LinkBudget droppedDetails */
                droppedDetails?: (number|null);

                /** LinkBudget droppedSamples */
                droppedSamples?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LinkBudget. */
            type $Shape = kedge.v1.LinkBudget.$Properties;
        }

        /**
         * Properties of an UpdateEvent.
         * @deprecated Use kedge.v1.UpdateEvent.$Properties instead.
         */
        interface IUpdateEvent extends kedge.v1.UpdateEvent.$Properties {
        }

        /** Represents an UpdateEvent. */
        class UpdateEvent {

            /**
             * Constructs a new UpdateEvent.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.UpdateEvent.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** UpdateEvent format. */
            format: number;

            /** UpdateEvent deviceId. */
            deviceId: string;

            /** UpdateEvent bootEpoch. */
            bootEpoch: number;

            /** UpdateEvent seq. */
            seq: number;

            /** UpdateEvent atMs. */
            atMs: number;

            /** UpdateEvent rolloutId. */
            rolloutId: string;

            /** UpdateEvent desiredVersion. */
            desiredVersion: number;

            /** UpdateEvent from. */
            from: kedge.v1.UpdateState;

            /** UpdateEvent to. */
            to: kedge.v1.UpdateState;

            /** UpdateEvent targetDigest. */
            targetDigest: Uint8Array;

            /** UpdateEvent reason. */
            reason: string;

            /**
             * Encodes the specified UpdateEvent message. Does not implicitly {@link kedge.v1.UpdateEvent.verify|verify} messages.
             * @param message UpdateEvent message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.UpdateEvent.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an UpdateEvent message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.UpdateEvent & kedge.v1.UpdateEvent.$Shape} UpdateEvent
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.UpdateEvent & kedge.v1.UpdateEvent.$Shape;
        }

        namespace UpdateEvent {

            /** Properties of an UpdateEvent. */
            interface $Properties {

                /** UpdateEvent format */
                format?: (number|null);

                /** UpdateEvent deviceId */
                deviceId?: (string|null);

                /** UpdateEvent bootEpoch */
                bootEpoch?: (number|null);

                /** UpdateEvent seq */
                seq?: (number|null);

                /** UpdateEvent atMs */
                atMs?: (number|null);

                /** UpdateEvent rolloutId */
                rolloutId?: (string|null);

                /** UpdateEvent desiredVersion */
                desiredVersion?: (number|null);

                /** UpdateEvent from */
                from?: (kedge.v1.UpdateState|null);

                /** UpdateEvent to */
                to?: (kedge.v1.UpdateState|null);

                /** UpdateEvent targetDigest */
                targetDigest?: (Uint8Array|null);

                /** UpdateEvent reason */
                reason?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an UpdateEvent. */
            type $Shape = kedge.v1.UpdateEvent.$Properties;
        }

        /**
         * Properties of a DesiredState.
         * @deprecated Use kedge.v1.DesiredState.$Properties instead.
         */
        interface IDesiredState extends kedge.v1.DesiredState.$Properties {
        }

        /** Represents a DesiredState. */
        class DesiredState {

            /**
             * Constructs a new DesiredState.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.DesiredState.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** DesiredState format. */
            format: number;

            /** DesiredState deviceId. */
            deviceId: string;

            /** DesiredState version. */
            version: number;

            /** DesiredState rolloutId. */
            rolloutId: string;

            /** DesiredState bundleDigest. */
            bundleDigest: Uint8Array;

            /** DesiredState manifestDigest. */
            manifestDigest: Uint8Array;

            /** DesiredState issuedAtMs. */
            issuedAtMs: number;

            /** DesiredState deadlineMs. */
            deadlineMs?: (number|null);

            /** DesiredState sampling. */
            sampling?: (kedge.v1.SamplingPolicy.$Properties|null);

            /** DesiredState windowMs. */
            windowMs?: (number|null);

            /**
             * Encodes the specified DesiredState message. Does not implicitly {@link kedge.v1.DesiredState.verify|verify} messages.
             * @param message DesiredState message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.DesiredState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DesiredState message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.DesiredState & kedge.v1.DesiredState.$Shape} DesiredState
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.DesiredState & kedge.v1.DesiredState.$Shape;
        }

        namespace DesiredState {

            /** Properties of a DesiredState. */
            interface $Properties {

                /** DesiredState format */
                format?: (number|null);

                /** DesiredState deviceId */
                deviceId?: (string|null);

                /** DesiredState version */
                version?: (number|null);

                /** DesiredState rolloutId */
                rolloutId?: (string|null);

                /** DesiredState bundleDigest */
                bundleDigest?: (Uint8Array|null);

                /** DesiredState manifestDigest */
                manifestDigest?: (Uint8Array|null);

                /** DesiredState issuedAtMs */
                issuedAtMs?: (number|null);

                /** DesiredState deadlineMs */
                deadlineMs?: (number|null);

                /** DesiredState sampling */
                sampling?: (kedge.v1.SamplingPolicy.$Properties|null);

                /** DesiredState windowMs */
                windowMs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DesiredState. */
            type $Shape = kedge.v1.DesiredState.$Properties;
        }

        /**
         * Properties of a SamplingPolicy.
         * @deprecated Use kedge.v1.SamplingPolicy.$Properties instead.
         */
        interface ISamplingPolicy extends kedge.v1.SamplingPolicy.$Properties {
        }

        /** Represents a SamplingPolicy. */
        class SamplingPolicy {

            /**
             * Constructs a new SamplingPolicy.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.SamplingPolicy.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** SamplingPolicy maxPerHour. */
            maxPerHour: number;

            /** SamplingPolicy burst. */
            burst: number;

            /** SamplingPolicy maxBytesPerDay. */
            maxBytesPerDay: number;

            /** SamplingPolicy maxBytesPerSample. */
            maxBytesPerSample: number;

            /** SamplingPolicy lowConfidenceBelow. */
            lowConfidenceBelow: number;

            /** SamplingPolicy ordinaryShare. */
            ordinaryShare: number;

            /** SamplingPolicy balanceClasses. */
            balanceClasses: boolean;

            /** SamplingPolicy allInputs. */
            allInputs: boolean;

            /** SamplingPolicy inputs. */
            inputs: string[];

            /**
             * Encodes the specified SamplingPolicy message. Does not implicitly {@link kedge.v1.SamplingPolicy.verify|verify} messages.
             * @param message SamplingPolicy message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.SamplingPolicy.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a SamplingPolicy message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.SamplingPolicy & kedge.v1.SamplingPolicy.$Shape} SamplingPolicy
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.SamplingPolicy & kedge.v1.SamplingPolicy.$Shape;
        }

        namespace SamplingPolicy {

            /** Properties of a SamplingPolicy. */
            interface $Properties {

                /** SamplingPolicy maxPerHour */
                maxPerHour?: (number|null);

                /** SamplingPolicy burst */
                burst?: (number|null);

                /** SamplingPolicy maxBytesPerDay */
                maxBytesPerDay?: (number|null);

                /** SamplingPolicy maxBytesPerSample */
                maxBytesPerSample?: (number|null);

                /** SamplingPolicy lowConfidenceBelow */
                lowConfidenceBelow?: (number|null);

                /** SamplingPolicy ordinaryShare */
                ordinaryShare?: (number|null);

                /** SamplingPolicy balanceClasses */
                balanceClasses?: (boolean|null);

                /** SamplingPolicy allInputs */
                allInputs?: (boolean|null);

                /** SamplingPolicy inputs */
                inputs?: (string[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a SamplingPolicy. */
            type $Shape = kedge.v1.SamplingPolicy.$Properties;
        }

        /**
         * Properties of a SignedDesiredState.
         * @deprecated Use kedge.v1.SignedDesiredState.$Properties instead.
         */
        interface ISignedDesiredState extends kedge.v1.SignedDesiredState.$Properties {
        }

        /** Represents a SignedDesiredState. */
        class SignedDesiredState {

            /**
             * Constructs a new SignedDesiredState.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.SignedDesiredState.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** SignedDesiredState format. */
            format: number;

            /** SignedDesiredState payload. */
            payload: Uint8Array;

            /** SignedDesiredState keyId. */
            keyId: string;

            /** SignedDesiredState signature. */
            signature: Uint8Array;

            /**
             * Encodes the specified SignedDesiredState message. Does not implicitly {@link kedge.v1.SignedDesiredState.verify|verify} messages.
             * @param message SignedDesiredState message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.SignedDesiredState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a SignedDesiredState message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.SignedDesiredState & kedge.v1.SignedDesiredState.$Shape} SignedDesiredState
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.SignedDesiredState & kedge.v1.SignedDesiredState.$Shape;
        }

        namespace SignedDesiredState {

            /** Properties of a SignedDesiredState. */
            interface $Properties {

                /** SignedDesiredState format */
                format?: (number|null);

                /** SignedDesiredState payload */
                payload?: (Uint8Array|null);

                /** SignedDesiredState keyId */
                keyId?: (string|null);

                /** SignedDesiredState signature */
                signature?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a SignedDesiredState. */
            type $Shape = kedge.v1.SignedDesiredState.$Properties;
        }

        /**
         * Properties of a ChunkRequest.
         * @deprecated Use kedge.v1.ChunkRequest.$Properties instead.
         */
        interface IChunkRequest extends kedge.v1.ChunkRequest.$Properties {
        }

        /** Represents a ChunkRequest. */
        class ChunkRequest {

            /**
             * Constructs a new ChunkRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.ChunkRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ChunkRequest format. */
            format: number;

            /** ChunkRequest digest. */
            digest: Uint8Array;

            /** ChunkRequest index. */
            index: number;

            /** ChunkRequest count. */
            count: number;

            /**
             * Encodes the specified ChunkRequest message. Does not implicitly {@link kedge.v1.ChunkRequest.verify|verify} messages.
             * @param message ChunkRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.ChunkRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ChunkRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.ChunkRequest & kedge.v1.ChunkRequest.$Shape} ChunkRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.ChunkRequest & kedge.v1.ChunkRequest.$Shape;
        }

        namespace ChunkRequest {

            /** Properties of a ChunkRequest. */
            interface $Properties {

                /** ChunkRequest format */
                format?: (number|null);

                /** ChunkRequest digest */
                digest?: (Uint8Array|null);

                /** ChunkRequest index */
                index?: (number|null);

                /** ChunkRequest count */
                count?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ChunkRequest. */
            type $Shape = kedge.v1.ChunkRequest.$Properties;
        }

        /**
         * Properties of a Chunk.
         * @deprecated Use kedge.v1.Chunk.$Properties instead.
         */
        interface IChunk extends kedge.v1.Chunk.$Properties {
        }

        /** Represents a Chunk. */
        class Chunk {

            /**
             * Constructs a new Chunk.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.Chunk.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Chunk format. */
            format: number;

            /** Chunk digest. */
            digest: Uint8Array;

            /** Chunk index. */
            index: number;

            /** Chunk total. */
            total: number;

            /** Chunk content. */
            content: Uint8Array;

            /**
             * Encodes the specified Chunk message. Does not implicitly {@link kedge.v1.Chunk.verify|verify} messages.
             * @param message Chunk message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.Chunk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Chunk message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.Chunk & kedge.v1.Chunk.$Shape} Chunk
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.Chunk & kedge.v1.Chunk.$Shape;
        }

        namespace Chunk {

            /** Properties of a Chunk. */
            interface $Properties {

                /** Chunk format */
                format?: (number|null);

                /** Chunk digest */
                digest?: (Uint8Array|null);

                /** Chunk index */
                index?: (number|null);

                /** Chunk total */
                total?: (number|null);

                /** Chunk content */
                content?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Chunk. */
            type $Shape = kedge.v1.Chunk.$Properties;
        }

        /**
         * Properties of an EnrollRequest.
         * @deprecated Use kedge.v1.EnrollRequest.$Properties instead.
         */
        interface IEnrollRequest extends kedge.v1.EnrollRequest.$Properties {
        }

        /** Represents an EnrollRequest. */
        class EnrollRequest {

            /**
             * Constructs a new EnrollRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.EnrollRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EnrollRequest format. */
            format: number;

            /** EnrollRequest token. */
            token: string;

            /** EnrollRequest csr. */
            csr: Uint8Array;

            /** EnrollRequest requestedId. */
            requestedId: string;

            /** EnrollRequest labels. */
            labels: { [k: string]: string };

            /** EnrollRequest agentVersion. */
            agentVersion: string;

            /** EnrollRequest platform. */
            platform: string;

            /**
             * Encodes the specified EnrollRequest message. Does not implicitly {@link kedge.v1.EnrollRequest.verify|verify} messages.
             * @param message EnrollRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.EnrollRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EnrollRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.EnrollRequest & kedge.v1.EnrollRequest.$Shape} EnrollRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.EnrollRequest & kedge.v1.EnrollRequest.$Shape;
        }

        namespace EnrollRequest {

            /** Properties of an EnrollRequest. */
            interface $Properties {

                /** EnrollRequest format */
                format?: (number|null);

                /** EnrollRequest token */
                token?: (string|null);

                /** EnrollRequest csr */
                csr?: (Uint8Array|null);

                /** EnrollRequest requestedId */
                requestedId?: (string|null);

                /** EnrollRequest labels */
                labels?: ({ [k: string]: string }|null);

                /** EnrollRequest agentVersion */
                agentVersion?: (string|null);

                /** EnrollRequest platform */
                platform?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EnrollRequest. */
            type $Shape = kedge.v1.EnrollRequest.$Properties;
        }

        /**
         * Properties of an EnrollResponse.
         * @deprecated Use kedge.v1.EnrollResponse.$Properties instead.
         */
        interface IEnrollResponse extends kedge.v1.EnrollResponse.$Properties {
        }

        /** Represents an EnrollResponse. */
        class EnrollResponse {

            /**
             * Constructs a new EnrollResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.EnrollResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EnrollResponse format. */
            format: number;

            /** EnrollResponse granted. */
            granted?: (kedge.v1.EnrollGranted.$Properties|null);

            /** EnrollResponse refused. */
            refused?: (kedge.v1.EnrollRefused.$Properties|null);

            /** EnrollResponse result. */
            result?: ("granted"|"refused");

            /**
             * Encodes the specified EnrollResponse message. Does not implicitly {@link kedge.v1.EnrollResponse.verify|verify} messages.
             * @param message EnrollResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.EnrollResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EnrollResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.EnrollResponse & kedge.v1.EnrollResponse.$Shape} EnrollResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.EnrollResponse & kedge.v1.EnrollResponse.$Shape;
        }

        namespace EnrollResponse {

            /** Properties of an EnrollResponse. */
            interface $Properties {

                /** EnrollResponse format */
                format?: (number|null);

                /** EnrollResponse granted */
                granted?: (kedge.v1.EnrollGranted.$Properties|null);

                /** EnrollResponse refused */
                refused?: (kedge.v1.EnrollRefused.$Properties|null);

                /** EnrollResponse result */
                result?: ("granted"|"refused");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of an EnrollResponse. */
            type $Shape = {
              format?: number|null;
              granted?: kedge.v1.EnrollGranted.$Shape|null;
              refused?: kedge.v1.EnrollRefused.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ result?: undefined; granted?: null; refused?: null }|{ result?: "granted"; granted: kedge.v1.EnrollGranted.$Shape; refused?: null }|{ result?: "refused"; granted?: null; refused: kedge.v1.EnrollRefused.$Shape })
            );
        }

        /**
         * Properties of an EnrollGranted.
         * @deprecated Use kedge.v1.EnrollGranted.$Properties instead.
         */
        interface IEnrollGranted extends kedge.v1.EnrollGranted.$Properties {
        }

        /** Represents an EnrollGranted. */
        class EnrollGranted {

            /**
             * Constructs a new EnrollGranted.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.EnrollGranted.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EnrollGranted deviceId. */
            deviceId: string;

            /** EnrollGranted certificate. */
            certificate: Uint8Array;

            /** EnrollGranted authorities. */
            authorities: Uint8Array[];

            /** EnrollGranted directorKeys. */
            directorKeys: kedge.v1.NamedKey.$Properties[];

            /** EnrollGranted targetsKeys. */
            targetsKeys: kedge.v1.NamedKey.$Properties[];

            /** EnrollGranted notAfterMs. */
            notAfterMs: number;

            /**
             * Encodes the specified EnrollGranted message. Does not implicitly {@link kedge.v1.EnrollGranted.verify|verify} messages.
             * @param message EnrollGranted message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.EnrollGranted.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EnrollGranted message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.EnrollGranted & kedge.v1.EnrollGranted.$Shape} EnrollGranted
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.EnrollGranted & kedge.v1.EnrollGranted.$Shape;
        }

        namespace EnrollGranted {

            /** Properties of an EnrollGranted. */
            interface $Properties {

                /** EnrollGranted deviceId */
                deviceId?: (string|null);

                /** EnrollGranted certificate */
                certificate?: (Uint8Array|null);

                /** EnrollGranted authorities */
                authorities?: (Uint8Array[]|null);

                /** EnrollGranted directorKeys */
                directorKeys?: (kedge.v1.NamedKey.$Properties[]|null);

                /** EnrollGranted targetsKeys */
                targetsKeys?: (kedge.v1.NamedKey.$Properties[]|null);

                /** EnrollGranted notAfterMs */
                notAfterMs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EnrollGranted. */
            type $Shape = kedge.v1.EnrollGranted.$Properties;
        }

        /**
         * Properties of a NamedKey.
         * @deprecated Use kedge.v1.NamedKey.$Properties instead.
         */
        interface INamedKey extends kedge.v1.NamedKey.$Properties {
        }

        /** Represents a NamedKey. */
        class NamedKey {

            /**
             * Constructs a new NamedKey.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.NamedKey.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** NamedKey keyId. */
            keyId: string;

            /** NamedKey publicKey. */
            publicKey: Uint8Array;

            /**
             * Encodes the specified NamedKey message. Does not implicitly {@link kedge.v1.NamedKey.verify|verify} messages.
             * @param message NamedKey message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.NamedKey.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a NamedKey message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.NamedKey & kedge.v1.NamedKey.$Shape} NamedKey
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.NamedKey & kedge.v1.NamedKey.$Shape;
        }

        namespace NamedKey {

            /** Properties of a NamedKey. */
            interface $Properties {

                /** NamedKey keyId */
                keyId?: (string|null);

                /** NamedKey publicKey */
                publicKey?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a NamedKey. */
            type $Shape = kedge.v1.NamedKey.$Properties;
        }

        /**
         * Properties of an EnrollRefused.
         * @deprecated Use kedge.v1.EnrollRefused.$Properties instead.
         */
        interface IEnrollRefused extends kedge.v1.EnrollRefused.$Properties {
        }

        /** Represents an EnrollRefused. */
        class EnrollRefused {

            /**
             * Constructs a new EnrollRefused.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.EnrollRefused.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EnrollRefused code. */
            code: string;

            /** EnrollRefused message. */
            message: string;

            /** EnrollRefused retryAfterMs. */
            retryAfterMs?: (number|null);

            /**
             * Encodes the specified EnrollRefused message. Does not implicitly {@link kedge.v1.EnrollRefused.verify|verify} messages.
             * @param message EnrollRefused message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.EnrollRefused.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EnrollRefused message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.EnrollRefused & kedge.v1.EnrollRefused.$Shape} EnrollRefused
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.EnrollRefused & kedge.v1.EnrollRefused.$Shape;
        }

        namespace EnrollRefused {

            /** Properties of an EnrollRefused. */
            interface $Properties {

                /** EnrollRefused code */
                code?: (string|null);

                /** EnrollRefused message */
                message?: (string|null);

                /** EnrollRefused retryAfterMs */
                retryAfterMs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EnrollRefused. */
            type $Shape = kedge.v1.EnrollRefused.$Properties;
        }

        /**
         * Properties of a Profile.
         * @deprecated Use kedge.v1.Profile.$Properties instead.
         */
        interface IProfile extends kedge.v1.Profile.$Properties {
        }

        /** Represents a Profile. */
        class Profile {

            /**
             * Constructs a new Profile.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.Profile.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Profile specHash. */
            specHash: Uint8Array;

            /** Profile rows. */
            rows: number;

            /** Profile errors. */
            errors: number;

            /** Profile features. */
            features: number;

            /** Profile kind. */
            kind: number[];

            /** Profile size. */
            size: number[];

            /** Profile counts. */
            counts: number[];

            /** Profile missing. */
            missing: number[];

            /** Profile wrongType. */
            wrongType: number[];

            /** Profile under. */
            under: number[];

            /** Profile over. */
            over: number[];

            /** Profile notANumber. */
            notANumber: number[];

            /** Profile mean. */
            mean: number[];

            /** Profile m2. */
            m2: number[];

            /** Profile m2Short. */
            m2Short: number[];

            /** Profile min. */
            min: number[];

            /** Profile max. */
            max: number[];

            /** Profile other. */
            other: number[];

            /** Profile vectors. */
            vectors: number[];

            /** Profile sketchMeans. */
            sketchMeans: Uint8Array;

            /** Profile sketchSums. */
            sketchSums: number[];

            /** Profile spread. */
            spread: number[];

            /**
             * Encodes the specified Profile message. Does not implicitly {@link kedge.v1.Profile.verify|verify} messages.
             * @param message Profile message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.Profile.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Profile message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.Profile & kedge.v1.Profile.$Shape} Profile
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.Profile & kedge.v1.Profile.$Shape;
        }

        namespace Profile {

            /** Properties of a Profile. */
            interface $Properties {

                /** Profile specHash */
                specHash?: (Uint8Array|null);

                /** Profile rows */
                rows?: (number|null);

                /** Profile errors */
                errors?: (number|null);

                /** Profile features */
                features?: (number|null);

                /** Profile kind */
                kind?: (number[]|null);

                /** Profile size */
                size?: (number[]|null);

                /** Profile counts */
                counts?: (number[]|null);

                /** Profile missing */
                missing?: (number[]|null);

                /** Profile wrongType */
                wrongType?: (number[]|null);

                /** Profile under */
                under?: (number[]|null);

                /** Profile over */
                over?: (number[]|null);

                /** Profile notANumber */
                notANumber?: (number[]|null);

                /** Profile mean */
                mean?: (number[]|null);

                /** Profile m2 */
                m2?: (number[]|null);

                /** Profile m2Short */
                m2Short?: (number[]|null);

                /** Profile min */
                min?: (number[]|null);

                /** Profile max */
                max?: (number[]|null);

                /** Profile other */
                other?: (number[]|null);

                /** Profile vectors */
                vectors?: (number[]|null);

                /** Profile sketchMeans */
                sketchMeans?: (Uint8Array|null);

                /** Profile sketchSums */
                sketchSums?: (number[]|null);

                /** Profile spread */
                spread?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Profile. */
            type $Shape = kedge.v1.Profile.$Properties;
        }

        /**
         * Properties of a ProfileFile.
         * @deprecated Use kedge.v1.ProfileFile.$Properties instead.
         */
        interface IProfileFile extends kedge.v1.ProfileFile.$Properties {
        }

        /** Represents a ProfileFile. */
        class ProfileFile {

            /**
             * Constructs a new ProfileFile.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.ProfileFile.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ProfileFile format. */
            format: number;

            /** ProfileFile profile. */
            profile?: (kedge.v1.Profile.$Properties|null);

            /**
             * Encodes the specified ProfileFile message. Does not implicitly {@link kedge.v1.ProfileFile.verify|verify} messages.
             * @param message ProfileFile message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.ProfileFile.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ProfileFile message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.ProfileFile & kedge.v1.ProfileFile.$Shape} ProfileFile
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.ProfileFile & kedge.v1.ProfileFile.$Shape;
        }

        namespace ProfileFile {

            /** Properties of a ProfileFile. */
            interface $Properties {

                /** ProfileFile format */
                format?: (number|null);

                /** ProfileFile profile */
                profile?: (kedge.v1.Profile.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ProfileFile. */
            type $Shape = kedge.v1.ProfileFile.$Properties;
        }

        /**
         * Properties of a ReferenceProfile.
         * @deprecated Use kedge.v1.ReferenceProfile.$Properties instead.
         */
        interface IReferenceProfile extends kedge.v1.ReferenceProfile.$Properties {
        }

        /** Represents a ReferenceProfile. */
        class ReferenceProfile {

            /**
             * Constructs a new ReferenceProfile.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.ReferenceProfile.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ReferenceProfile format. */
            format: number;

            /** ReferenceProfile spec. */
            spec: string;

            /** ReferenceProfile cohorts. */
            cohorts: kedge.v1.ReferenceCohort.$Properties[];

            /** ReferenceProfile watch. */
            watch?: (kedge.v1.WatchPlan.$Properties|null);

            /**
             * Encodes the specified ReferenceProfile message. Does not implicitly {@link kedge.v1.ReferenceProfile.verify|verify} messages.
             * @param message ReferenceProfile message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.ReferenceProfile.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ReferenceProfile message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.ReferenceProfile & kedge.v1.ReferenceProfile.$Shape} ReferenceProfile
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.ReferenceProfile & kedge.v1.ReferenceProfile.$Shape;
        }

        namespace ReferenceProfile {

            /** Properties of a ReferenceProfile. */
            interface $Properties {

                /** ReferenceProfile format */
                format?: (number|null);

                /** ReferenceProfile spec */
                spec?: (string|null);

                /** ReferenceProfile cohorts */
                cohorts?: (kedge.v1.ReferenceCohort.$Properties[]|null);

                /** ReferenceProfile watch */
                watch?: (kedge.v1.WatchPlan.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ReferenceProfile. */
            type $Shape = kedge.v1.ReferenceProfile.$Properties;
        }

        /**
         * Properties of a WatchPlan.
         * @deprecated Use kedge.v1.WatchPlan.$Properties instead.
         */
        interface IWatchPlan extends kedge.v1.WatchPlan.$Properties {
        }

        /** Represents a WatchPlan. */
        class WatchPlan {

            /**
             * Constructs a new WatchPlan.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.WatchPlan.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** WatchPlan streams. */
            streams: kedge.v1.WatchedStream.$Properties[];

            /** WatchPlan alarmsPerFleetDay. */
            alarmsPerFleetDay: number;

            /** WatchPlan devices. */
            devices: number;

            /** WatchPlan rowsPerDay. */
            rowsPerDay: number;

            /**
             * Encodes the specified WatchPlan message. Does not implicitly {@link kedge.v1.WatchPlan.verify|verify} messages.
             * @param message WatchPlan message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.WatchPlan.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a WatchPlan message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.WatchPlan & kedge.v1.WatchPlan.$Shape} WatchPlan
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.WatchPlan & kedge.v1.WatchPlan.$Shape;
        }

        namespace WatchPlan {

            /** Properties of a WatchPlan. */
            interface $Properties {

                /** WatchPlan streams */
                streams?: (kedge.v1.WatchedStream.$Properties[]|null);

                /** WatchPlan alarmsPerFleetDay */
                alarmsPerFleetDay?: (number|null);

                /** WatchPlan devices */
                devices?: (number|null);

                /** WatchPlan rowsPerDay */
                rowsPerDay?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a WatchPlan. */
            type $Shape = kedge.v1.WatchPlan.$Properties;
        }

        /**
         * Properties of a WatchedStream.
         * @deprecated Use kedge.v1.WatchedStream.$Properties instead.
         */
        interface IWatchedStream extends kedge.v1.WatchedStream.$Properties {
        }

        /** Represents a WatchedStream. */
        class WatchedStream {

            /**
             * Constructs a new WatchedStream.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.WatchedStream.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** WatchedStream name. */
            name: string;

            /** WatchedStream falseAlarmEvery. */
            falseAlarmEvery: number;

            /**
             * Encodes the specified WatchedStream message. Does not implicitly {@link kedge.v1.WatchedStream.verify|verify} messages.
             * @param message WatchedStream message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.WatchedStream.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a WatchedStream message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.WatchedStream & kedge.v1.WatchedStream.$Shape} WatchedStream
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.WatchedStream & kedge.v1.WatchedStream.$Shape;
        }

        namespace WatchedStream {

            /** Properties of a WatchedStream. */
            interface $Properties {

                /** WatchedStream name */
                name?: (string|null);

                /** WatchedStream falseAlarmEvery */
                falseAlarmEvery?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a WatchedStream. */
            type $Shape = kedge.v1.WatchedStream.$Properties;
        }

        /**
         * Properties of a ReferenceCohort.
         * @deprecated Use kedge.v1.ReferenceCohort.$Properties instead.
         */
        interface IReferenceCohort extends kedge.v1.ReferenceCohort.$Properties {
        }

        /** Represents a ReferenceCohort. */
        class ReferenceCohort {

            /**
             * Constructs a new ReferenceCohort.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.ReferenceCohort.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ReferenceCohort selector. */
            selector: string;

            /** ReferenceCohort profile. */
            profile?: (kedge.v1.Profile.$Properties|null);

            /** ReferenceCohort rows. */
            rows: number;

            /**
             * Encodes the specified ReferenceCohort message. Does not implicitly {@link kedge.v1.ReferenceCohort.verify|verify} messages.
             * @param message ReferenceCohort message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.ReferenceCohort.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ReferenceCohort message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.ReferenceCohort & kedge.v1.ReferenceCohort.$Shape} ReferenceCohort
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.ReferenceCohort & kedge.v1.ReferenceCohort.$Shape;
        }

        namespace ReferenceCohort {

            /** Properties of a ReferenceCohort. */
            interface $Properties {

                /** ReferenceCohort selector */
                selector?: (string|null);

                /** ReferenceCohort profile */
                profile?: (kedge.v1.Profile.$Properties|null);

                /** ReferenceCohort rows */
                rows?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ReferenceCohort. */
            type $Shape = kedge.v1.ReferenceCohort.$Properties;
        }

        /**
         * Properties of a Window.
         * @deprecated Use kedge.v1.Window.$Properties instead.
         */
        interface IWindow extends kedge.v1.Window.$Properties {
        }

        /** Represents a Window. */
        class Window {

            /**
             * Constructs a new Window.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.Window.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Window format. */
            format: number;

            /** Window deviceId. */
            deviceId: string;

            /** Window bootEpoch. */
            bootEpoch: number;

            /** Window seq. */
            seq: number;

            /** Window startMs. */
            startMs: number;

            /** Window endMs. */
            endMs: number;

            /** Window bundleDigest. */
            bundleDigest: Uint8Array;

            /** Window trigger. */
            trigger: kedge.v1.WindowTrigger;

            /** Window profile. */
            profile?: (kedge.v1.Profile.$Properties|null);

            /** Window uptimeMs. */
            uptimeMs?: (number|null);

            /** Window detail. */
            detail?: (kedge.v1.WindowDetail.$Properties|null);

            /**
             * Encodes the specified Window message. Does not implicitly {@link kedge.v1.Window.verify|verify} messages.
             * @param message Window message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.Window.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Window message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.Window & kedge.v1.Window.$Shape} Window
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.Window & kedge.v1.Window.$Shape;
        }

        namespace Window {

            /** Properties of a Window. */
            interface $Properties {

                /** Window format */
                format?: (number|null);

                /** Window deviceId */
                deviceId?: (string|null);

                /** Window bootEpoch */
                bootEpoch?: (number|null);

                /** Window seq */
                seq?: (number|null);

                /** Window startMs */
                startMs?: (number|null);

                /** Window endMs */
                endMs?: (number|null);

                /** Window bundleDigest */
                bundleDigest?: (Uint8Array|null);

                /** Window trigger */
                trigger?: (kedge.v1.WindowTrigger|null);

                /** Window profile */
                profile?: (kedge.v1.Profile.$Properties|null);

                /** Window uptimeMs */
                uptimeMs?: (number|null);

                /** Window detail */
                detail?: (kedge.v1.WindowDetail.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Window. */
            type $Shape = kedge.v1.Window.$Properties;
        }

        /**
         * Properties of a WindowDetail.
         * @deprecated Use kedge.v1.WindowDetail.$Properties instead.
         */
        interface IWindowDetail extends kedge.v1.WindowDetail.$Properties {
        }

        /** Represents a WindowDetail. */
        class WindowDetail {

            /**
             * Constructs a new WindowDetail.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.WindowDetail.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** WindowDetail alarms. */
            alarms: kedge.v1.StreamAlarm.$Properties[];

            /** WindowDetail sketches. */
            sketches: kedge.v1.FeatureSketch.$Properties[];

            /**
             * Encodes the specified WindowDetail message. Does not implicitly {@link kedge.v1.WindowDetail.verify|verify} messages.
             * @param message WindowDetail message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.WindowDetail.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a WindowDetail message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.WindowDetail & kedge.v1.WindowDetail.$Shape} WindowDetail
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.WindowDetail & kedge.v1.WindowDetail.$Shape;
        }

        namespace WindowDetail {

            /** Properties of a WindowDetail. */
            interface $Properties {

                /** WindowDetail alarms */
                alarms?: (kedge.v1.StreamAlarm.$Properties[]|null);

                /** WindowDetail sketches */
                sketches?: (kedge.v1.FeatureSketch.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a WindowDetail. */
            type $Shape = kedge.v1.WindowDetail.$Properties;
        }

        /**
         * Properties of a StreamAlarm.
         * @deprecated Use kedge.v1.StreamAlarm.$Properties instead.
         */
        interface IStreamAlarm extends kedge.v1.StreamAlarm.$Properties {
        }

        /** Represents a StreamAlarm. */
        class StreamAlarm {

            /**
             * Constructs a new StreamAlarm.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.StreamAlarm.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** StreamAlarm stream. */
            stream: string;

            /** StreamAlarm change. */
            change: kedge.v1.StreamChange;

            /** StreamAlarm beforeMean. */
            beforeMean: number;

            /** StreamAlarm afterMean. */
            afterMean: number;

            /** StreamAlarm beforeRows. */
            beforeRows: number;

            /** StreamAlarm afterRows. */
            afterRows: number;

            /**
             * Encodes the specified StreamAlarm message. Does not implicitly {@link kedge.v1.StreamAlarm.verify|verify} messages.
             * @param message StreamAlarm message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.StreamAlarm.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a StreamAlarm message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.StreamAlarm & kedge.v1.StreamAlarm.$Shape} StreamAlarm
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.StreamAlarm & kedge.v1.StreamAlarm.$Shape;
        }

        namespace StreamAlarm {

            /** Properties of a StreamAlarm. */
            interface $Properties {

                /** StreamAlarm stream */
                stream?: (string|null);

                /** StreamAlarm change */
                change?: (kedge.v1.StreamChange|null);

                /** StreamAlarm beforeMean */
                beforeMean?: (number|null);

                /** StreamAlarm afterMean */
                afterMean?: (number|null);

                /** StreamAlarm beforeRows */
                beforeRows?: (number|null);

                /** StreamAlarm afterRows */
                afterRows?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a StreamAlarm. */
            type $Shape = kedge.v1.StreamAlarm.$Properties;
        }

        /** StreamChange enum. */
        enum StreamChange {

            /** STREAM_CHANGE_UNSPECIFIED value */
            STREAM_CHANGE_UNSPECIFIED = 0,

            /** STREAM_CHANGE_LEVEL value */
            STREAM_CHANGE_LEVEL = 1,

            /** STREAM_CHANGE_SPREAD value */
            STREAM_CHANGE_SPREAD = 2
        }

        /**
         * Properties of a FeatureSketch.
         * @deprecated Use kedge.v1.FeatureSketch.$Properties instead.
         */
        interface IFeatureSketch extends kedge.v1.FeatureSketch.$Properties {
        }

        /** Represents a FeatureSketch. */
        class FeatureSketch {

            /**
             * Constructs a new FeatureSketch.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.FeatureSketch.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** FeatureSketch feature. */
            feature: string;

            /** FeatureSketch kll. */
            kll: Uint8Array;

            /**
             * Encodes the specified FeatureSketch message. Does not implicitly {@link kedge.v1.FeatureSketch.verify|verify} messages.
             * @param message FeatureSketch message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.FeatureSketch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a FeatureSketch message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.FeatureSketch & kedge.v1.FeatureSketch.$Shape} FeatureSketch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.FeatureSketch & kedge.v1.FeatureSketch.$Shape;
        }

        namespace FeatureSketch {

            /** Properties of a FeatureSketch. */
            interface $Properties {

                /** FeatureSketch feature */
                feature?: (string|null);

                /** FeatureSketch kll */
                kll?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a FeatureSketch. */
            type $Shape = kedge.v1.FeatureSketch.$Properties;
        }

        /** WindowTrigger enum. */
        enum WindowTrigger {

            /** WINDOW_TRIGGER_UNSPECIFIED value */
            WINDOW_TRIGGER_UNSPECIFIED = 0,

            /** WINDOW_TRIGGER_INTERVAL value */
            WINDOW_TRIGGER_INTERVAL = 1,

            /** WINDOW_TRIGGER_DETECTOR value */
            WINDOW_TRIGGER_DETECTOR = 2,

            /** WINDOW_TRIGGER_SHUTDOWN value */
            WINDOW_TRIGGER_SHUTDOWN = 3
        }

        /**
         * Properties of a Sample.
         * @deprecated Use kedge.v1.Sample.$Properties instead.
         */
        interface ISample extends kedge.v1.Sample.$Properties {
        }

        /** Represents a Sample. */
        class Sample {

            /**
             * Constructs a new Sample.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.Sample.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Sample format. */
            format: number;

            /** Sample deviceId. */
            deviceId: string;

            /** Sample bootEpoch. */
            bootEpoch: number;

            /** Sample seq. */
            seq: number;

            /** Sample atMs. */
            atMs: number;

            /** Sample bundleDigest. */
            bundleDigest: Uint8Array;

            /** Sample inputs. */
            inputs: kedge.v1.SampleInput.$Properties[];

            /** Sample predictedLabel. */
            predictedLabel: string;

            /** Sample score. */
            score: number;

            /** Sample reason. */
            reason: string;

            /** Sample contentSha256. */
            contentSha256: Uint8Array;

            /**
             * Encodes the specified Sample message. Does not implicitly {@link kedge.v1.Sample.verify|verify} messages.
             * @param message Sample message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.Sample.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Sample message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.Sample & kedge.v1.Sample.$Shape} Sample
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.Sample & kedge.v1.Sample.$Shape;
        }

        namespace Sample {

            /** Properties of a Sample. */
            interface $Properties {

                /** Sample format */
                format?: (number|null);

                /** Sample deviceId */
                deviceId?: (string|null);

                /** Sample bootEpoch */
                bootEpoch?: (number|null);

                /** Sample seq */
                seq?: (number|null);

                /** Sample atMs */
                atMs?: (number|null);

                /** Sample bundleDigest */
                bundleDigest?: (Uint8Array|null);

                /** Sample inputs */
                inputs?: (kedge.v1.SampleInput.$Properties[]|null);

                /** Sample predictedLabel */
                predictedLabel?: (string|null);

                /** Sample score */
                score?: (number|null);

                /** Sample reason */
                reason?: (string|null);

                /** Sample contentSha256 */
                contentSha256?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Sample. */
            type $Shape = kedge.v1.Sample.$Properties;
        }

        /**
         * Properties of a SampleInput.
         * @deprecated Use kedge.v1.SampleInput.$Properties instead.
         */
        interface ISampleInput extends kedge.v1.SampleInput.$Properties {
        }

        /** Represents a SampleInput. */
        class SampleInput {

            /**
             * Constructs a new SampleInput.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.SampleInput.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** SampleInput name. */
            name: string;

            /** SampleInput type. */
            type: kedge.v1.SampleInputType;

            /** SampleInput dims. */
            dims: number[];

            /** SampleInput content. */
            content: Uint8Array;

            /**
             * Encodes the specified SampleInput message. Does not implicitly {@link kedge.v1.SampleInput.verify|verify} messages.
             * @param message SampleInput message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.SampleInput.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a SampleInput message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.SampleInput & kedge.v1.SampleInput.$Shape} SampleInput
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.SampleInput & kedge.v1.SampleInput.$Shape;
        }

        namespace SampleInput {

            /** Properties of a SampleInput. */
            interface $Properties {

                /** SampleInput name */
                name?: (string|null);

                /** SampleInput type */
                type?: (kedge.v1.SampleInputType|null);

                /** SampleInput dims */
                dims?: (number[]|null);

                /** SampleInput content */
                content?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a SampleInput. */
            type $Shape = kedge.v1.SampleInput.$Properties;
        }

        /** SampleInputType enum. */
        enum SampleInputType {

            /** SAMPLE_INPUT_TYPE_UNSPECIFIED value */
            SAMPLE_INPUT_TYPE_UNSPECIFIED = 0,

            /** SAMPLE_INPUT_TYPE_FLOAT32 value */
            SAMPLE_INPUT_TYPE_FLOAT32 = 1,

            /** SAMPLE_INPUT_TYPE_UINT8 value */
            SAMPLE_INPUT_TYPE_UINT8 = 2,

            /** SAMPLE_INPUT_TYPE_INT32 value */
            SAMPLE_INPUT_TYPE_INT32 = 3,

            /** SAMPLE_INPUT_TYPE_INT64 value */
            SAMPLE_INPUT_TYPE_INT64 = 4,

            /** SAMPLE_INPUT_TYPE_BOOL value */
            SAMPLE_INPUT_TYPE_BOOL = 5,

            /** SAMPLE_INPUT_TYPE_STRING value */
            SAMPLE_INPUT_TYPE_STRING = 6,

            /** SAMPLE_INPUT_TYPE_COLUMN value */
            SAMPLE_INPUT_TYPE_COLUMN = 7
        }

        /**
         * Properties of an Ack.
         * @deprecated Use kedge.v1.Ack.$Properties instead.
         */
        interface IAck extends kedge.v1.Ack.$Properties {
        }

        /** Represents an Ack. */
        class Ack {

            /**
             * Constructs a new Ack.
             * @param [properties] Properties to set
             */
            constructor(properties?: kedge.v1.Ack.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Ack format. */
            format: number;

            /** Ack bootEpoch. */
            bootEpoch: number;

            /** Ack seq. */
            seq: number;

            /** Ack collectorMs. */
            collectorMs?: (number|null);

            /**
             * Encodes the specified Ack message. Does not implicitly {@link kedge.v1.Ack.verify|verify} messages.
             * @param message Ack message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: kedge.v1.Ack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Ack message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {kedge.v1.Ack & kedge.v1.Ack.$Shape} Ack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): kedge.v1.Ack & kedge.v1.Ack.$Shape;
        }

        namespace Ack {

            /** Properties of an Ack. */
            interface $Properties {

                /** Ack format */
                format?: (number|null);

                /** Ack bootEpoch */
                bootEpoch?: (number|null);

                /** Ack seq */
                seq?: (number|null);

                /** Ack collectorMs */
                collectorMs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Ack. */
            type $Shape = kedge.v1.Ack.$Properties;
        }
    }
}
