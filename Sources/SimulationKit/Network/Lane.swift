internal import PracticeKit
internal import Timeline

/// One direction of a connection: what is sent arrives later, and in its order.
final class Lane {
    enum Parcel {
        /// A message. Its sender learns by the tag that it was taken in; 0 is none.
        case text([UInt8], tag: Int)
        /// A piece of what the codec made of messages; the tag is of the one that ends in it.
        case bytes([UInt8], tag: Int)
        case event((Connection) -> Void)
    }

    private let world: World
    private let weather: Weather
    private var dice: SeededRandom
    private let deliver: (Parcel) -> Void
    private var parcels: [(due: Instant, parcel: Parcel)] = []
    /// Those before it have arrived.
    private var first = 0
    private var last = Instant.zero
    /// Made once: there is one for each message of a world.
    private var arrival: () -> Void = {}

    init(_ world: World, weather: Weather, deliver: @escaping (Parcel) -> Void) {
        self.world = world
        self.weather = weather
        self.deliver = deliver
        dice = world.dice()
        arrival = { [unowned self] in arrive() }
    }

    /// - Parameter moment: Nothing arrives before it.
    func send(_ parcel: Parcel, notBefore moment: Instant?) {
        let due = max(
            world.now.advanced(by: weather.delay(using: &dice)), last.advanced(byNanoseconds: 1), moment ?? .zero)
        last = due
        parcels.append((due, parcel))
        if parcels.count - first == 1 { world.at(due, arrival) }
    }

    private func arrive() {
        let parcel = parcels[first].parcel
        first += 1
        if first == parcels.count {
            parcels.removeAll(keepingCapacity: true)
            first = 0
        } else {
            world.at(parcels[first].due, arrival)
        }
        deliver(parcel)
    }
}
