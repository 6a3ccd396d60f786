public import Wording

/// What we can ask of a carrier about our numbers.
public protocol CarrierNumbering: Sendable {
    /// Nil when the account has no such number.
    func routing(of number: PhoneNumber) async throws(CarrierControlError) -> NumberRouting?

    /// Sends the number's calls there from now on, whatever has had them before.
    func route(
        _ routing: NumberRouting, to wanted: NumberRouting.Wanted
    ) async throws(CarrierControlError) -> NumberRouting
}
