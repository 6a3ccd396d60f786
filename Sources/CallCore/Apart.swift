/// What is big and seldom there, kept beside its owner instead of within: without it that is smaller by all its size, and
/// so is everything that copies or waits with it.
@propertyWrapper
public struct Apart<Value> {
    fileprivate indirect enum Place {
        case here(Value)
    }

    private var place: Place?

    public init(wrappedValue: Value?) { place = wrappedValue.map(Place.here) }

    public var wrappedValue: Value? {
        get {
            guard case .here(let value) = place else { return nil }
            return value
        }
        set { place = newValue.map(Place.here) }
    }
}

extension Apart: Sendable where Value: Sendable {}
extension Apart.Place: Sendable where Value: Sendable {}
extension Apart: Equatable where Value: Equatable {}
extension Apart.Place: Equatable where Value: Equatable {}
extension Apart: Hashable where Value: Hashable {}
extension Apart.Place: Hashable where Value: Hashable {}
