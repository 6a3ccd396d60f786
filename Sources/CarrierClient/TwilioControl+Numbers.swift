internal import Addresses
public import CallCore
internal import CarrierWire
public import Wording

extension TwilioControl: CarrierNumbering {
    public func routing(of number: PhoneNumber) async throws(CarrierControlError) -> NumberRouting? {
        do throws(AttemptOutcome) {
            let page = try await attempts(api.listPhoneNumbers(number: number.unmasked)) {
                (answer) throws(CarrierError) in try answer.phoneNumbers()
            }
            // The filter also finds numbers that hold this one.
            return page.items.first { $0.number == number.unmasked }.map { NumberRouting($0) }
        } catch {
            throw reported(error.error, aboutNumber: number)
        }
    }

    public func route(
        _ routing: NumberRouting, to wanted: NumberRouting.Wanted
    ) async throws(CarrierControlError) -> NumberRouting {
        let change = TwilioPhoneNumberRouting(
            voice: wanted.voice,
            // One that somebody has set may lead to words for a day on which nothing works here.
            fallback: routing.fallbackURL == nil ? wanted.fallback : nil,
            statusCallback: TwilioCallback(wanted.statusCallback, isRetried: true),
            isReleased: routing.trunk != nil || routing.application != nil)
        do throws(AttemptOutcome) {
            return NumberRouting(
                try await attempts(api.updatePhoneNumber(routing.id, change)) {
                    (answer) throws(CarrierError) in try answer.phoneNumber()
                })
        } catch {
            throw reported(error.error, aboutNumber: routing.number)
        }
    }
}

extension NumberRouting {
    fileprivate init(_ number: TwilioPhoneNumber) {
        self.init(id: number.id, number: PhoneNumber(number.number))
        takesCalls = number.takesCalls
        voiceURL = number.voiceURL
        voiceMethod = number.voiceMethod
        fallbackURL = number.fallbackURL
        statusCallback = number.statusCallback
        statusCallbackMethod = number.statusCallbackMethod
        application = number.application
        trunk = number.trunk
    }
}
