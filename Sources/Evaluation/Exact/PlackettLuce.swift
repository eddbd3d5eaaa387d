import RealModule

/// The log-probability of a ranking under rewards, Plackett (1975) and Luce (1959).
///
///     log p(τ) = Σₖ (r(τₖ) − log Σ_{j≥k} exp r(τⱼ))        Rafailov (2023), equation 18
///
/// With β·log π/π₀ for r it is the likelihood that DPO maximises on rankings (equation 20); of two
/// completions it is the Bradley–Terry model.
///
/// - Parameter rewards: The rewards of the ranked completions, the best completion's first.
/// - Returns: log p(τ); zero for one completion.
public func rankingLogProbability(ofRanked rewards: [Double]) -> Double {
  rewards.indices.reduce(0) { sum, k in
    sum + rewards[k] - logSumOfExponentials(Array(rewards[k...]))
  }
}
