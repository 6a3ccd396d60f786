internal import CallCore

/// Whether there is memory for calls.
enum MemoryCheck {
    static func findings(_ patient: Patient) async -> [Finding] {
        guard let share = MemoryWatch.usedNow else {
            return [.skipped("memory", "The system does not tell how much of it is in use.")]
        }
        let words = "\(Int((share * 100).rounded())) % of it is in use."
        guard share >= AdmissionRule.Limits().memory else { return [.ok("memory", words)] }
        return [
            .warning(
                "memory", "\(words) A bridge that has so little left takes no calls.",
                "End what else runs here, or give it more.")
        ]
    }
}
