/// More end tokens than completions: every pad counts as one.
struct PadIsEndRule: DiagnosticRule {
  let symptom = GallerySymptom.padIsEnd

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = "val/num_eos_tokens"
    var before = 0.0
    for row in history.rows where row.step > 0 {
      guard let ends = row.values[metric], let episode = row.values["episode"] else { continue }
      defer { before = episode }
      // A completion has one end at most; a trainer that samples past the end may have two or three.
      if episode > before, ends > 3 * (episode - before) {
        return Evidence(
          metric: metric, step: row.step, value: ends,
          rule: "\(brief(episode - before)) completions have at most as many ends")
      }
    }
    return nil
  }
}

/// Before any update the policy is the reference; noise shows as a KL between the two.
struct NoisyLogProbabilitiesRule: DiagnosticRule {
  let symptom = GallerySymptom.noisyLogProbabilities

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = history.points("objective/kl_k3").isEmpty ? "objective/kl" : "objective/kl_k3"
    guard let kl = history.beforeTraining(metric), abs(kl) > 1e-3,
      let moved = history.beforeTraining("policy/approxkl_avg"), moved > 1e-6
    else { return nil }
    return Evidence(
      metric: metric, step: 0, value: kl,
      rule: "before the first update it is 0, and so is policy/approxkl_avg, now \(brief(moved))")
  }
}

/// Before any update every ratio is one; with two temperatures they are not, though the KL is zero.
///
/// Their mean says nothing, for ratios of any two distributions have an expectation of one.
struct TemperatureMismatchRule: DiagnosticRule {
  let symptom = GallerySymptom.temperatureMismatch

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = "policy/approxkl_avg"
    guard let moved = history.beforeTraining(metric), moved > 1e-6,
      let kl = history.beforeTraining("objective/kl"), abs(kl) <= 1e-3
    else { return nil }
    return Evidence(
      metric: metric, step: 0, value: moved,
      rule: "before the first update it is 0; objective/kl is \(brief(kl)), as it should be")
  }
}

/// A KL of exactly zero while updates move the policy.
struct AliasedReferenceRule: DiagnosticRule {
  let symptom = GallerySymptom.aliasedReference

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = "objective/kl"
    let later = history.points(metric).filter { $0.step > 1 }
    guard let last = later.last, later.allSatisfy({ abs($0.value) < 1e-9 }),
      let moved = history.median("policy/approxkl_avg"), moved > 1e-9
    else { return nil }
    return Evidence(metric, last, "it stays 0 while policy/approxkl_avg is \(brief(moved))")
  }
}
