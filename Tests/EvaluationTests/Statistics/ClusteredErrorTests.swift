import Datasets
import Evaluation
import Testing

@Suite struct ClusteredErrorTests {
  @Test func withoutRepetitionsItIsThePlainStandardError() {
    let values = [1.0, 4, -2, 0.5, 3]
    let found = clusteredStandardError(of: values, clusters: [0, 1, 2, 3, 4])
    #expect(abs(found - standardError(of: values)) < 1e-14)
  }

  // Five values, each copied: ten numbers hold what five do, and the order does not matter.
  @Test func copiesOfAValueTellNothingNew() {
    let values = [1.0, 4, -2, 0.5, 3]
    let found = clusteredStandardError(
      of: values + values.reversed(), clusters: [0, 1, 2, 3, 4, 4, 3, 2, 1, 0])
    #expect(abs(found - standardError(of: values)) < 1e-14)
  }

  // By hand: mean 2, clusters {0, 1}, {2}, {5} have sums −3, 0, 3; 3/2·(9 + 9)/4².
  @Test func errorByHand() {
    let found = clusteredStandardError(of: [0, 1, 2, 5], clusters: [7, 7, 3, 1])
    #expect(abs(found - (27.0 / 16).squareRoot()) < 1e-14)
  }

  @Test func oneClusterHasNoError() {
    #expect(clusteredStandardError(of: [1, 2, 3], clusters: [0, 0, 0]).isNaN)
    #expect(clusteredStandardError(of: [], clusters: []).isNaN)
  }

  @Test func intervalWithoutRepetitionsIsWilsons() {
    let outcomes = [1.0, 1, 0, 0.5, 1, 0, 1, 1]
    let found = clusteredWilsonInterval(of: outcomes, clusters: Array(outcomes.indices))
    #expect(found == wilsonInterval(successes: 5.5, trials: 8))
  }

  // Four clusters of three copies: SE² is that of four outcomes, s²/4 = 1/12, the plain one (3/11)/12, so
  // that n* = 12·(3/132)/(1/12) = 36/11.
  @Test func copiesAreNoTrials() {
    let outcomes: [Double] = [1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]
    let clusters = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]
    #expect(
      clusteredWilsonInterval(of: outcomes, clusters: clusters)
        == wilsonInterval(successes: 1.5, trials: 3))
  }

  @Test func outcomesThatAgreeCountTheirClusters() {
    let found = clusteredWilsonInterval(of: [1, 1, 1, 1, 1, 1], clusters: [0, 0, 1, 1, 2, 2])
    #expect(found == wilsonInterval(successes: 3, trials: 3))
  }

  // As on aspect reviews: 512 prompts drawn from a list, about 345 of them different, half of the variance
  // the prompt's. 1.96 standard errors hold the mean in 95 % of 3,000 draws, four standard errors of
  // which are 1.6 points; the plain error holds it less often.
  @Test func coverageIsNominalWherePromptsRepeatAndThePlainErrorsIsNot() {
    var generator = Seed(31).generator(for: "test.clusters")
    var (clustered, plain, distinct) = (0, 0, 0)
    let replications = 3000
    for _ in 0..<replications {
      var effects: [Int: Double] = [:]
      var (values, clusters): ([Double], [Int]) = ([], [])
      for _ in 0..<512 {
        let prompt = generator.integer(below: 600)
        let effect = effects[prompt] ?? generator.normal()
        effects[prompt] = effect
        values.append(effect + generator.normal())
        clusters.append(prompt)
      }
      distinct += effects.count
      let center = abs(values.reduce(0, +) / 512)
      clustered += center < 1.96 * clusteredStandardError(of: values, clusters: clusters) ? 1 : 0
      plain += center < 1.96 * standardError(of: values) ? 1 : 0
    }
    #expect(abs(Double(distinct) / Double(replications) - 345) < 5)
    #expect(abs(Double(clustered) / Double(replications) - 0.95) < 0.016)
    #expect(Double(plain) / Double(replications) < 0.92)
  }
}
