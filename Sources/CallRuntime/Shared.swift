/// One copy of something big, for all that hold it: a call would otherwise carry 600 bytes of what all calls share.
final class Shared<Value: Sendable>: Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}
