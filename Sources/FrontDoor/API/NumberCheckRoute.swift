internal import Addresses
public import CallCore
internal import HTTPLoop
internal import JSONWire
internal import Wording

/// `POST /v1/numbers/{id}/check`: whether a number's calls come here, by the carrier's books, and has them come.
public struct NumberCheckRoute: Sendable {
    private let entry: APIGuard
    private let roster: any RosterKeeping
    private let address: PublicAddress
    /// Nil without credentials.
    private let carrier: (any CarrierNumbering)?

    public init(
        _ entry: APIGuard, roster: any RosterKeeping, address: PublicAddress, carrier: (any CarrierNumbering)?
    ) {
        self.entry = entry
        self.roster = roster
        self.address = address
        self.carrier = carrier
    }

    public func add(to router: inout Router) {
        router.on("POST", "/v1/numbers/\(RosterRoutes.number)/check") { request in
            try entry.check(request)
            return APIAnswers.answer(.object(try await check(request)))
        }
    }

    private func check(_ request: RouteRequest) async throws(Problem) -> JSONObject {
        let text = request[RosterRoutes.number]
        let fixes = try Self.fixes(request.body)
        let known = try await APIAnswers.ask { () throws(CallStoreError) in try await roster.roster() }
        guard let number = known.number(text) else { throw Problem(RosterRefusal.noNumber(text)) }
        guard let carrier else {
            let error = CarrierControlError.notConfigured
            throw Problem(409, code: error.code, error.message)
        }
        do throws(CarrierControlError) {
            let wanted = address.numberRouting
            var routing = try await carrier.routing(of: number.number)
            var check = NumberCheck(routing, wanted: wanted)
            if fixes, check.needsFix, let found = routing, let wanted {
                let now = try await carrier.route(found, to: wanted)
                routing = now
                check.wasFixed(by: NumberCheck(now, wanted: wanted))
            }
            return check.json(of: number, at: routing)
        } catch {
            throw Problem(502, code: error.code, error.message)
        }
    }

    private static func fixes(_ body: [UInt8]) throws(Problem) -> Bool {
        guard !body.isEmpty else { return false }
        do throws(JSONError) {
            return try JSONObject(parsing: body.span).optionalBool("fix") ?? false
        } catch {
            throw Problem(
                error.isShape ? 422 : 400, code: error.code, error.message, field: error.isShape ? "fix" : nil)
        }
    }
}

extension PublicAddress {
    /// Nil where nobody said how the world reaches us: what a program on this machine uses must not be given to the carrier.
    public var numberRouting: NumberRouting.Wanted? {
        guard let voice = configured("/twilio/voice"), let status = configured("/twilio/status") else { return nil }
        return NumberRouting.Wanted(voice: voice, fallback: voice, statusCallback: status, stream: streamURL)
    }
}
