import Glibc

/// Prints messages as we send them, one JSON object a line: `{"sample": what it is, "event": the message}`.
///
///     wire-samples VENDOR
@main
struct WireSamples {
    static func main() {
        switch CommandLine.arguments.dropFirst() {
        case ["openai"]: printAll(OpenAISamples.all())
        case ["elevenlabs"]: printAll(ElevenLabsSamples.all())
        default:
            print("usage: wire-samples openai|elevenlabs")
            exit(2)
        }
    }

    private static func printAll(_ samples: [Sample]) {
        for sample in samples {
            print(#"{"sample":"\#(sample.name)","event":\#(String(decoding: sample.message, as: UTF8.self))}"#)
        }
    }
}

struct Sample {
    let name: String
    let message: [UInt8]
}
