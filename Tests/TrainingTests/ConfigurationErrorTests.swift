import Foundation
import Testing
import Training

@Suite struct ConfigurationErrorTests {
  @Test func aValueOutOfRangeNamesItsKeyAndWhatIsAllowed() {
    let error = ConfigurationError.outOfRange("beta", "-1", allowed: "beta > 0")
    #expect("\(error)" == "'beta' is -1; allowed is beta > 0")
  }

  @Test func anUnknownKeySuggestsTheNearestAndListsTheKnown() {
    let error = ConfigurationError.unknownKey(
      path: "ppo.cliprnage", known: ["cliprange", "kl_coef"], nearest: "cliprange")
    #expect(
      "\(error)" == """
        unknown key 'ppo.cliprnage'; did you mean 'cliprange'? \
        (this object accepts cliprange, kl_coef)
        """)
    let far = ConfigurationError.unknownKey(path: "x", known: ["beta"], nearest: nil)
    #expect("\(far)" == "unknown key 'x' (this object accepts beta)")
  }

  @Test func aContradictionIsItsSentence() {
    #expect("\(ConfigurationError.contradiction("a excludes b"))" == "a excludes b")
  }

  @Test(arguments: [TrainingOutcome.completed, .diverged(step: 7)])
  func outcomesSurviveCoding(outcome: TrainingOutcome) throws {
    let data = try JSONEncoder().encode(outcome)
    #expect(try JSONDecoder().decode(TrainingOutcome.self, from: data) == outcome)
  }
}
