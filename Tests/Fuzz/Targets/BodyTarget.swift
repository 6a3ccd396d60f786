import HTTPWire

/// Bodies are read the same however they are cut, never past their cap, and a chunked one can be written again.
@Sendable
func fuzzBody(_ input: inout FuzzInput) {
    let choice = input.choice()
    let framing: BodyFraming = choice & 3 == 0 ? .length(Int(input.choice())) : .chunked
    let cap = choice & 4 == 0 ? 1 << 20 : 50
    let (whole, slices) = input.stream()
    let outcome = read([whole], framing, cap)
    require(outcome == read(slices, framing, cap), "a body differs when cut")
    require(outcome.body.count <= cap, "a body passed its cap")

    if framing == .chunked, let end = outcome.end {
        var bytes: [UInt8] = []
        HTTPChunk.write(outcome.body.span, to: &bytes)
        HTTPChunk.writeEnd(to: &bytes)
        let again = read([bytes], .chunked, cap)
        require(again.body == outcome.body && again.end == bytes.count, "a body differs when written")
        require(end >= outcome.body.count, "a body is longer than its bytes")
    }
}

private struct Outcome: Equatable {
    var body: [UInt8] = []
    var end: Int?
    var violation: HTTPViolation?
}

private func read(_ slices: [[UInt8]], _ framing: BodyFraming, _ cap: Int) -> Outcome {
    var outcome = Outcome()
    var start = 0
    do throws(HTTPViolation) {
        var reader = try BodyReader(framing, maximumBytes: cap)
        for slice in slices {
            var position = 0
            while let event = try reader.next(in: slice.span, from: &position) {
                guard case .data(let range) = event else {
                    outcome.end = start + position
                    return outcome
                }
                outcome.body += slice[range]
            }
            require(position == slice.count, "stopped inside a slice")
            start += slice.count
        }
    } catch {
        outcome.violation = error
    }
    return outcome
}
