import Glibc

/// Every target by its name: the name of its file without `Target`, in lower case.
private let targets: [String: @Sendable (inout FuzzInput) -> Void] = [
    "base64": fuzzBase64,
    "body": fuzzBody,
    "elevenlabs": fuzzElevenLabs,
    "form": fuzzForm,
    "frames": fuzzFrames,
    "head": fuzzHead,
    "json": fuzzJSON,
    "media": fuzzMedia,
    "openai": fuzzOpenAI,
    "opus": fuzzOpus,
    "telnyx": fuzzTelnyx,
    "utf8": fuzzUTF8,
    "writing": fuzzWriting,
]

/// The target that FUZZ_TARGET names.
private let target: @Sendable (inout FuzzInput) -> Void = {
    // SAFETY: nothing changes the environment while this runs, and the text is copied at once.
    let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = targets[name] else {
        print("There is no fuzz target '\(name)'. Those there are: \(targets.keys.sorted().joined(separator: " ")).")
        exit(2)
    }
    return target
}()

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // SAFETY: libFuzzer keeps these bytes alive during the call, and they are copied here.
    var input = FuzzInput(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
    target(&input)
    return 0
}

/// Ends the run with a finding. Unlike `precondition` it says what in release builds too.
func require(_ holds: Bool, _ rule: @autoclosure () -> String) {
    if !holds { fatalError(rule()) }
}
