internal import Timeline

extension World {
    /// On the bridge's side: not while its process is stopped, and not past a call that hangs.
    func at(_ instant: Instant, in process: WorldProcess?, past stuck: StuckCall?, _ action: @escaping () -> Void) {
        if let stuck {
            at(instant) { stuck.meet(action) }
        } else if let process {
            process.at(instant, action)
        } else {
            at(instant, action)
        }
    }
}
