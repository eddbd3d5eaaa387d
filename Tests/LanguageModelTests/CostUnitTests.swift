import Foundation
import LanguageModel
import Testing

@Suite struct CostUnitTests {
  private let whole = Cost(
    labels: 1, goldQueries: 2, tokensForward: 3, tokensBackward: 4, rollouts: 5, flops: 6)

  @Test func everyUnitAddsUpByItself() {
    let sum = whole + whole
    #expect(
      sum
        == Cost(
          labels: 2, goldQueries: 4, tokensForward: 6, tokensBackward: 8, rollouts: 10, flops: 12))
  }

  @Test func costIsReadBack() throws {
    let data = try JSONEncoder().encode(whole)
    #expect(try JSONDecoder().decode(Cost.self, from: data) == whole)
  }

  // As cells were written before choices and numbers were told apart.
  @Test func olderCostsHaveNoNumbers() throws {
    let old = Data(
      #"{"flops":6,"labels":1,"rollouts":5,"tokensBackward":4,"tokensForward":3}"#.utf8)
    let found = try JSONDecoder().decode(Cost.self, from: old)
    #expect(found.goldQueries == 0 && found.labels == 1 && found.flops == 6)
  }
}
