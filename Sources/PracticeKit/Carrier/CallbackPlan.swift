/// The order in which a call's status callbacks leave, as the faults want it.
struct CallbackPlan: Hashable {
    struct Post: Hashable {
        var form: CarrierForm
        var after = Duration.zero
    }

    private let faults: [CallbackFault]
    private var held: Post?
    /// How many were fired; those that get lost on their way are counted too.
    private var fired = 0

    init(_ faults: [CallbackFault]) {
        self.faults = faults
    }

    /// - Returns: What is sent now, in this order.
    mutating func fire(_ form: CarrierForm, event: String, isLast: Bool) -> [Post] {
        var post = Post(form: form)
        post.form.add("SequenceNumber", String(fired))
        fired += 1
        var isLost = false
        var isHeld = false
        var copies = 1
        for fault in faults {
            switch fault {
            case .lost(let name): isLost = isLost || name == nil || name == event
            case .twice: copies = 2
            case .reordered: isHeld = held == nil && !isLast
            case .late(let delay): post.after = delay
            case .unsigned: break
            }
        }
        let posts = isLost ? [] : [Post](repeating: post, count: copies)
        guard !isHeld else {
            held = isLost ? nil : post
            return []
        }
        defer { held = nil }
        return posts + (held.map { [Post](repeating: $0, count: copies) } ?? [])
    }
}
