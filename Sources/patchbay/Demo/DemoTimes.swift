internal import PracticeKit
internal import Timeline

/// Times between what one part did and what another saw of it.
struct DemoTimes {
    /// From the agent's latest notice that the caller speaks to the `clear` at the phone; nil until it is there.
    private(set) var clear: Duration?
    private var noticed: Instant?

    /// Short ones to a tenth of a millisecond.
    static func shown(_ duration: Duration) -> String {
        let tenths = Int((duration / .microseconds(100)).rounded())
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10) ms" : duration.shown
    }

    mutating func take(_ moment: DemoMoment) {
        switch moment.news {
        case .agent(.callerSpeaks):
            noticed = moment.at
            clear = nil
        case .phone(.cleared): clear = noticed.map { $0.duration(to: moment.at) }
        default: break
        }
    }
}
