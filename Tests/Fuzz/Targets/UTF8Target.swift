import HTTPWire

/// The validator agrees with the standard library, however the text is cut, and what it refuses stays wrong.
@Sendable
func fuzzUTF8(_ input: inout FuzzInput) {
    let (whole, slices) = input.stream()
    let isRight = (try? UTF8Span(validating: whole.span)) != nil

    var validator = UTF8Validator()
    require((validator.accept(whole.span) && validator.isComplete) == isRight, "differs from the standard library")

    var streaming = UTF8Validator()
    let isAccepted = slices.allSatisfy { streaming.accept($0.span) }
    require((isAccepted && streaming.isComplete) == isRight, "differs when cut")
}
