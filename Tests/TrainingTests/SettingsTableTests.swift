import Foundation
import Testing
import Training

private enum Colour: String, Codable, CaseIterable, Sendable {
  case red, deepBlue = "deep_blue"
}

private struct Wheels: SettingsTable {
  var count = 4
  var spare: Double?

  static let settings: [Setting<Self>] = [
    Setting("count", \.count, .atLeast(2), "Wheels."),
    Setting("spare", \.spare, .optional(.positive, none: "no spare"), "A spare.", trl: .absent),
  ]
}

private struct Paint: SettingsTable {
  var gloss = 0.5

  static let settings: [Setting<Self>] = [
    Setting("gloss", \.gloss, .finite, "How it shines.")
  ]
}

/// Settings of every kind, one of them with a default that is not nil although it is optional.
private struct Car: SettingsTable {
  var speed = 1.5
  var colour = Colour.red
  var isOpen = false
  var seats: Int? = 5
  var wheels = Wheels()
  var trailer: Wheels?
  var paint = Paint()

  static let settings: [Setting<Self>] =
    [
      Setting("max_speed", \.speed, .positive, "How fast it goes.", trl: .other("velocity")),
      Setting("colour", \.colour, .choice, "How it looks | shines."),
      Setting("is_open", \.isOpen, .flag, "Whether there is no roof."),
      Setting("seats", \.seats, .optional(.atLeast(1), none: "any"), "Seats."),
      Setting("wheels", \.wheels, .settings, "What it drives on."),
      Setting("trailer", \.trailer, .optional(.settings, none: "none"), "What it draws."),
    ] + Paint.settings.map { $0.within(\.paint) }

  func validateTogether() throws(ConfigurationError) {
    if isOpen, speed > 100 { throw .contradiction("too fast without a roof") }
  }
}

/// What the compiler makes of the same properties under the same keys.
private struct SynthesizedCar: Encodable {
  var speed = 2.5
  var colour = Colour.deepBlue
  var isOpen = true
  var seats: Int?
  var wheels = SynthesizedWheels()
  var trailer: SynthesizedWheels?
  var gloss = 0.5

  enum CodingKeys: String, CodingKey {
    case speed = "max_speed"
    case colour
    case isOpen = "is_open"
    case seats, wheels, trailer, gloss
  }
}

private struct SynthesizedWheels: Encodable {
  var count = 4
  var spare: Double? = 0.25
}

@Suite struct SettingsTableTests {
  private func read(_ text: String) throws -> Car {
    try JSONDecoder().decode(Car.self, from: Data(text.utf8))
  }

  private func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  @Test func whatIsNotWrittenHasItsDefault() throws {
    #expect(try read("{}") == Car())
    let car = try read(#"{"max_speed": 9, "wheels": {"count": 6}, "gloss": 2}"#)
    var expected = Car()
    (expected.speed, expected.wheels.count, expected.paint.gloss) = (9, 6, 2)
    #expect(car == expected)
  }

  @Test func nullTakesAnOptionalAwayAndLeavesADefault() throws {
    #expect(try read(#"{"seats": null, "max_speed": null}"#).seats == nil)
    #expect(try read(#"{"max_speed": null}"#).speed == 1.5)
    #expect(try read("{}").seats == 5)
  }

  @Test func anUnknownWordIsRefused() {
    #expect(throws: DecodingError.self) { try read(#"{"colour": "green"}"#) }
    #expect(throws: DecodingError.self) { try read(#"{"max_speed": "fast"}"#) }
    #expect(throws: DecodingError.self) { try read(#"{"trailer": {"count": true}}"#) }
  }

  @Test func theBytesAreThoseOfSynthesizedCodable() throws {
    var car = Car()
    (car.speed, car.colour, car.isOpen, car.seats) = (2.5, .deepBlue, true, nil)
    car.wheels.spare = 0.25
    #expect(try text(car) == text(SynthesizedCar()))
    car.trailer = Wheels()
    #expect(try text(car).contains(#""trailer" : {"#))
  }

  @Test func whatIsWrittenIsReadBack() throws {
    var car = Car()
    (car.speed, car.colour, car.isOpen, car.seats) = (2.5, .deepBlue, true, 2)
    (car.wheels.spare, car.trailer, car.paint.gloss) = (0.25, Wheels(), -1)
    #expect(try read(text(car)) == car)
  }

  @Test func theFirstValueOutOfItsRangeIsNamed() throws {
    try Car().validate()
    func refusal(_ change: (inout Car) -> Void) -> ConfigurationError? {
      var car = Car()
      change(&car)
      return #expect(throws: ConfigurationError.self) { try car.validate() }
    }
    #expect(
      refusal { ($0.speed, $0.seats) = (-1, 0) }
        == .outOfRange("max_speed", "-1.0", allowed: "a number above 0"))
    #expect(refusal { $0.speed = .infinity }.map { "\($0)".contains("inf") } == true)
    #expect(refusal { $0.seats = 0 } == .outOfRange("seats", "0", allowed: "1 or more"))
    #expect(refusal { $0.wheels.count = 1 } == .outOfRange("count", "1", allowed: "2 or more"))
    #expect(
      refusal { $0.paint.gloss = .nan } == .outOfRange("gloss", "nan", allowed: "a finite number"))
    #expect(
      refusal {
        $0.trailer = Wheels()
        $0.trailer?.spare = 0
      } == .outOfRange("spare", "0.0", allowed: "a number above 0"))
    #expect(
      refusal { ($0.isOpen, $0.speed) = (true, 101) }
        == .contradiction("too fast without a roof"))
  }

  @Test func aSettingKnowsWhetherItHasAValue() throws {
    let seats = try #require(Car.settings.first { $0.key == "seats" })
    var car = Car()
    #expect(seats.hasValue(in: car) && seats.path == \Car.seats)
    car.seats = nil
    #expect(!seats.hasValue(in: car))
    #expect(
      Car.settings.allSatisfy { $0.hasValue(in: car) || ["seats", "trailer"].contains($0.key) })
  }

  @Test func theListingHasEverySettingWithItsDefaultRangeAndTRLName() {
    let listing = Car.descriptions
    #expect(
      listing.map(\.key) == [
        "max_speed", "colour", "is_open", "seats", "wheels", "wheels.count", "wheels.spare",
        "trailer", "trailer.count", "trailer.spare", "gloss",
      ])
    #expect(
      listing.map(\.defaultValue) == [
        "1.5", "red", "false", "5", "its defaults", "4", "no spare", "none", "4", "no spare", "0.5",
      ])
    #expect(listing[1].allowed == "one of red, deep_blue")
    #expect(listing[0].trlName == "velocity" && listing[1].trlName == "colour")
    #expect(listing[6].trlName == nil)
  }

  @Test func theListingIsReadAsTextAndAsATable() {
    #expect(
      Array(Car.descriptions[..<2]).plainText == """
        max_speed: 1.5
            How fast it goes. Allowed: a number above 0. TRL: velocity.
        colour: red
            How it looks | shines. Allowed: one of red, deep_blue.

        """)
    #expect(
      [Car.descriptions[1], Car.descriptions[6]].markdown == """
        | Key | Default | Allowed | Meaning | TRL |
        | --- | --- | --- | --- | --- |
        | `colour` | red | one of red, deep_blue | How it looks \\| shines. | `colour` |
        | `wheels.spare` | no spare | a number above 0 | A spare. | none |

        """)
    #expect(Car.descriptions.plainText.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }
}
