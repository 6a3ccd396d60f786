import Testing

@testable import FrontDoor

@Suite("Lag window")
struct LagWindowTests {
    @Test("Of a hundred delays the worst one is forgiven, and the second counts", arguments: [1, 2, 99, 100])
    func oneIsForgiven(late: Int) {
        var window = LagWindow()
        var told: Int64 = 0
        for index in 0..<100 { told = window.add(index < late ? 50 : 1) }
        #expect(told == (late == 1 ? 1 : 50))
    }

    @Test("A delay counts for the next ninety-nine and is forgotten then")
    func forgets() {
        var window = LagWindow()
        _ = window.add(70)
        _ = window.add(60)
        for _ in 0..<97 { #expect(window.add(1) == 60) }
        #expect(window.add(1) == 60, "the hundredth")
        #expect(window.add(1) == 1, "the first has gone, and the second is forgiven")
    }

    @Test("Equal delays count each")
    func equal() {
        var window = LagWindow()
        _ = window.add(9)
        #expect(window.add(9) == 9)
    }
}
