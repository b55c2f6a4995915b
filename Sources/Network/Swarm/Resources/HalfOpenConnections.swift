import Bytes
import Transport

/// The handshakes that peers have begun with a node, which give way to each other where they take too many places.
///
/// Those that have sent their part of the key exchange and those that have not have half of the places each, and what the
/// others leave: neither a crowd that says nothing nor one that says the same to everybody drives out both.
final class HalfOpenConnections: Sendable {
    /// Above so many the oldest gives way.
    let places: Int
    private let silent = HalfOpenQueue()
    private let spoken = HalfOpenQueue()

    /// Where a handshake is entered.
    enum Place: Sendable {
        case silent(UInt64)
        case spoken(UInt64)
    }

    init(places: Int) { self.places = places }

    /// Enters a handshake that `end` gives up, from any thread.
    func enter(_ end: @escaping @Sendable () -> Void) -> Place { .silent(self.silent.enter(end)) }

    /// The place of one that is silent no more.
    func spoke(_ place: Place) -> Place {
        // One that is being given up has left already.
        guard case .silent(let number) = place, let end = self.silent.leave(number) else { return place }
        return .spoken(self.spoken.enter(end))
    }

    /// Takes out a handshake that led to a connection, or ended; false where it gave way before.
    @discardableResult
    func leave(_ place: Place) -> Bool {
        switch place {
        case .silent(let number): self.silent.leave(number) != nil
        case .spoken(let number): self.spoken.leave(number) != nil
        }
    }

    /// Takes the one out that must end so that there is room for one more, and returns what ends it.
    func takeExcess() -> (@Sendable () -> Void)? {
        let silent = self.silent.count
        guard Defence.halfOpenConnections.isOn, silent + self.spoken.count >= self.places else { return nil }
        return silent >= max(self.places / 2, 1)
            ? self.silent.takeOldest() ?? self.spoken.takeOldest()
            : self.spoken.takeOldest() ?? self.silent.takeOldest()
    }
}
