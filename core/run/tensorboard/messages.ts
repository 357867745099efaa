import protobuf from 'protobufjs';

/** What is used of TensorFlow's event.proto and summary.proto, by their numbers. */
const definitions = `
  syntax = "proto3";
  message Event {
    double wall_time = 1;
    int64 step = 2;
    oneof what {
      string file_version = 3;
      Summary summary = 5;
      SessionLog session_log = 7;
    }
  }
  message SessionLog {
    enum Status { UNSPECIFIED = 0; START = 1; }
    Status status = 1;
  }
  message Summary {
    repeated Value value = 1;
    message Value {
      string tag = 1;
      oneof value {
        float simple_value = 2;
        Image image = 4;
      }
    }
    message Image {
      int32 height = 1;
      int32 width = 2;
      int32 colorspace = 3;
      bytes encoded_image_string = 4;
    }
  }
`;

/** One value of a chart, or one picture. */
export type SummaryValue =
  | { readonly tag: string; readonly simpleValue: number }
  | { readonly tag: string; readonly image: SummaryImage };

export interface SummaryImage {
  readonly height: number;
  readonly width: number;
  /** Channels: 3 = RGB. */
  readonly colorspace: 3;
  /** PNG */
  readonly encodedImageString: Uint8Array;
}

/** What one record tells. */
export type EventContent =
  | { readonly fileVersion: string }
  | { readonly sessionLog: { readonly status: 'START' } }
  | { readonly summary: { readonly value: readonly SummaryValue[] } };

const eventType = protobuf.parse(definitions).root.lookupType('Event');

/**
 * @param wallTime seconds since 1970
 * @param step steps done in the whole run
 */
export function encodeEvent(wallTime: number, step: number, content: EventContent): Uint8Array {
  return eventType.encode(eventType.fromObject({ wallTime, step, ...content })).finish();
}
