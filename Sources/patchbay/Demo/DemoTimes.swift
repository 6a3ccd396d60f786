internal import PracticeKit
internal import Timeline

/// Times between what one part did and what another saw of it.
struct DemoTimes {
    /// From the agent's latest notice that the caller speaks to the `clear` at the phone; nil until it is there.
    private(set) var clear: Duration?
    private var noticed: Instant?
    private static let longestPause = Duration.milliseconds(200)

    /// Short ones to a tenth of a millisecond.
    static func shown(_ duration: Duration) -> String {
        let tenths = Int((duration / .microseconds(100)).rounded())
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10) ms" : duration.shown
    }

    /// How long the phone, which tells of itself ten times a second, was silent at the worst; nil where that was no
    /// longer than it should be. What it missed meanwhile says nothing about the bridge.
    static func phonePause(_ moments: [DemoMoment]) -> Duration? {
        let told = moments.compactMap { moment -> Instant? in
            if case .phone(.levels) = moment.news { moment.at } else { nil }
        }
        let longest = zip(told, told.dropFirst()).map { $0.duration(to: $1) }.max() ?? .zero
        return longest > longestPause ? longest : nil
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
