/// Says where the packets of a loop's calls are coded: on the loop itself while these calls are few, else on a worker of
/// its own. A call stays where it began.
///
/// Touched on the loop's thread alone.
package final class CodecDesk {
    enum Place {
        case loop
        case worker(any CodecWorking)
    }

    /// `bench/run micro`, rows "Opus": 20 ms of a voice take 93 + 10 µs to encode and to decode at 16 kHz, 111 + 23 at
    /// 48 kHz, 50 + 6 at 8 kHz. So many calls at 48 kHz, all with both sides speaking, cost a tenth of a loop and hold up
    /// its other frames by 2 ms in a beat of 20; a worker adds a copy and two hops, which a few calls need not pay.
    package static let callsOnLoop = 16

    private let limit: Int
    private let makeWorker: () -> (any CodecWorking)?
    private var worker: (any CodecWorking)?
    private var onLoop = 0

    /// Has no worker.
    package convenience init() { self.init { nil } }

    /// - Parameters:
    ///   - limit: So many calls are coded on the loop.
    ///   - makeWorker: Asked once, when there are more. Nil: they all stay on the loop.
    package init(limit: Int = callsOnLoop, makeWorker: @escaping () -> (any CodecWorking)?) {
        self.limit = limit
        self.makeWorker = makeWorker
    }

    deinit { worker?.close() }

    func enter() -> Place {
        if onLoop >= limit {
            if worker == nil { worker = makeWorker() }
            if let worker { return .worker(worker) }
        }
        onLoop += 1
        return .loop
    }

    func leave(_ place: Place) {
        if case .loop = place { onLoop -= 1 }
    }
}
