internal import CallCore
internal import CallRuntime
internal import Timeline

extension Switchboard {
    /// Past a call's own deadline: until it is told, for it to answer, and the second between two looks, twice.
    private static let longestOverdue = Duration.seconds(6)

    /// A caller who sends nothing though his carrier is there, and what it takes to end one that hangs.
    private static let longestMute = Duration.seconds(67)

    /// Nothing here may be long past its own deadline, however it hangs.
    func judgeVitals(in world: World, of node: String = "") {
        for call in glimpses {
            if call.phase == .bridging, let last = call.lastFrame, last.duration(to: world.now) > Self.longestMute {
                world.violated(
                    "a caller who sends nothing is let go",
                    "\(node) \(call.providerCallID ?? "one without a name"), mute since \(WorldLog.time(last))")
            }
            guard let due = call.deadline.instant, due.duration(to: world.now) > Self.longestOverdue else { continue }
            world.violated(
                "a call that hangs is torn down",
                "\(node) \(call.providerCallID ?? "one without a name"), \(call.phase), due at \(WorldLog.time(due))")
        }
    }
}
