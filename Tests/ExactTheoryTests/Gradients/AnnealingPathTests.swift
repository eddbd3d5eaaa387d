import ExactTheory
import Foundation
import Testing

@Suite struct AnnealingPathTests {
  @Test(arguments: [0.0, 1000])
  func pathLeadsFromTheReferenceToTheOptimum(offset: Double) {
    let objective = RandomBandit(1, actions: 7, beta: 0.3, offset: offset).objective
    let path = AnnealingPath(objective: objective)
    #expect(agree(path.logProbabilities(at: 0), objective.logReference, 1e-14))
    #expect(agree(path.logProbabilities(at: 1), objective.optimalLogProbabilities, 1e-11))
  }

  // g = u·Cov(r, s): at u = 1 − t the relative noise without a baseline grows as u⁻².
  @Test func noiseToSignalWithoutBaselineDivergesAsTheInverseSquare() {
    let objective = RandomBandit(5, actions: 8, beta: 1, offset: 2).objective
    let path = AnnealingPath(objective: objective)
    func ratios(_ u: Double) -> [Double] {
      let exact = ExactPolicyGradient(
        policy: ScoredPolicy(tabular: path.logProbabilities(at: 1 - u)), objective: objective)
      return [
        exact.covarianceTrace(baseline: 0), exact.referenceSampleCovarianceTrace(),
        exact.covarianceTrace(baseline: exact.softValue),
        exact.leaveOneOutCovarianceTrace(samples: 2),
      ].map { noiseToSignal(covarianceTrace: $0, squaredNorm: exact.squaredNorm) }
    }
    let slopes = zip(ratios(2e-2), ratios(1e-3)).map { log($0 / $1) / log(20) }
    #expect(zip(slopes, [-2, -2, 0, 0]).allSatisfy { abs($0 - $1) < 0.05 }, "\(slopes)")
  }
}
