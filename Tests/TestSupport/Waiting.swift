public import Testing

/// Waits until a fact that nobody announces has come true, at most 20 s.
public func become(at place: SourceLocation = #_sourceLocation, _ fact: () -> Bool) async {
    let limit = ContinuousClock.now + .seconds(20)
    while !fact() {
        guard ContinuousClock.now < limit else {
            Issue.record("it never came true", sourceLocation: place)
            return
        }
        await Task.yield()
    }
}
