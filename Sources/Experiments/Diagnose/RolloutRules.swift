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
      let ratio = history.beforeTraining("val/ratio"), ratio != 1
    else { return nil }
    return Evidence(
      metric: metric, step: 0, value: kl,
      rule: "it is 0 before the first update, and val/ratio, now \(brief(ratio)), is 1")
  }
}

/// Before any update the ratio is one; two temperatures make it another while the KL is zero.
struct TemperatureMismatchRule: DiagnosticRule {
  let symptom = GallerySymptom.temperatureMismatch

  func evidence(in history: MetricsHistory) -> Evidence? {
    guard let ratio = history.beforeTraining("val/ratio"), abs(ratio - 1) > 1e-3,
      let kl = history.beforeTraining("objective/kl"), abs(kl) <= 1e-3
    else { return nil }
    return Evidence(
      metric: "val/ratio", step: 0, value: ratio,
      rule: "it is 1 before the first update; objective/kl is \(brief(kl)), as it should be")
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
