package import Timeline

/// A moment as all processes of a host see it, whatever their wall clocks say.
package struct HostMoment: Hashable, Sendable {
    let run: String
    let at: Instant

    /// In this run of the host.
    package init(_ at: Instant) { self.init(run: HostClock.run, at: at) }

    init(run: String, at: Instant) {
        self.run = run
        self.at = at
    }

    /// Nil where the host began anew in between.
    func isLater(than other: HostMoment) -> Bool? { run == other.run ? other.at < at : nil }
}
