import Evaluation
import Foundation
import Identities
import Reports

/// The prose of the variance page: what is derived, each step with the error of its check.
///
/// It says only what the theorems say; what training showed stands in tables with verdicts.
struct VarianceArticle {
  let identities: [VerifiedIdentity]

  var derivation: String {
    """
    <p>Write p = π<sub>ref</sub>(·|x) for the reference, q = π(·|x) for the policy, r for the reward and β for the strength
    of the pull towards the reference. Every step below was checked against another computation on random instances when
    this page was made; the number is the largest relative error.</p>
    \(step("1. The objective has a closed-form optimum.",
      "J(q) = E<sub>q</sub>[r] − β KL(q‖p) is maximal, over all distributions, at the reference tilted by the reward:",
      "π*(y) = p(y) e<sup>r(y)/β</sup> / Z,&emsp; Z = Σ<sub>y</sub> p(y) e<sup>r(y)/β</sup>", "eq. 4",
      "optimum.closed-form", "optimum.value"))
    <p>because J(q) = β log Z − β KL(q‖π*): the whole objective is a constant less a distance.</p>
    \(step("2. Solve for the reward.", "Taking logarithms,",
      "r(y) = β log (π*(y)/p(y)) + β log Z", "eq. 5", "optimum.reward"))
    \(step("3. Preferences see only differences.",
      "Bradley and Terry's probability that y₁ is preferred is σ(r(y₁) − r(y₂)); the term β log Z is the same for both and cancels:",
      "P(y₁ ≻ y₂) = σ( β log (π*(y₁)/p(y₁)) − β log (π*(y₂)/p(y₂)) )", "eq. 6",
      "preferences.reparameterised", "preferences.lemma-1"))
    \(step("4. Maximum likelihood of the labels is DPO.", "Put the policy in the place of π*:",
      "L<sub>DPO</sub> = −E log σ( β log (q(y⁺)/p(y⁺)) − β log (q(y⁻)/p(y⁻)) )", "eq. 7",
      "preferences.dpo-loss", "labels.population-gradient"))
    \(step("5. Nothing is lost.",
      "Rewards that differ by a function of the prompt have the same preferences and the same optimum; each class has exactly one member that needs no normaliser:",
      "r(y) − β log Z = β log (π*(y)/p(y)),&emsp; Σ<sub>y</sub> p(y) e<sup>(r(y) − β log Z)/β</sup> = 1", "eq. 8, 9",
      "optimum.lemma-2", "optimum.theorem-1", "optimum.uniqueness"))
    """
  }

  var remark: String {
    """
    <p>RLHF maximises J by policy gradient. With s(y) = ∇ log q(y) and the return R(y) = r(y) − β log (q(y)/p(y)), any number
    b that does not depend on y may be subtracted, for E<sub>q</sub>[s] = 0:</p>
    \(formula("∇J = E<sub>q</sub>[ (R − b) s ]", "Williams, 1992"))
    \(check("gradients.policy-gradient"))
    <p>Section 5.2 takes b = β log Z, which it calls the soft value function of the reference. The return becomes
    R − β log Z = β log (π*/q), so that the estimator of a single sample vanishes where the policy is optimal:</p>
    \(formula("R(y) − β log Z = β log ( π*(y) / q(y) )", "eq. 10"))
    \(check("gradients.soft-value-advantage"))
    <p>The remark is that without this term the gradient <i>could</i> have high variance; that a learned value can take its
    place; that earlier work took the reward of one human completion, a single-sample estimate of it; and that DPO's
    reparameterised reward needs no baseline. Each of these is a statement about one parabola.</p>
    """
  }

  var parabola: String {
    """
    <p>Let w = |s|² and F = E<sub>q</sub>[w]. The trace of the covariance of (R − b) s is</p>
    \(formula("trCov(b) = trCov(b*) + (b − b*)² F,&emsp; b* = E<sub>q</sub>[R w] / F", "Greensmith, 2004"))
    \(check("baselines.quadratic-law", "samples.reference-completion", "samples.leave-one-out"))
    <p>Every baseline that is one number a prompt is a point on it. The soft value exceeds the policy's own value by
    β KL(q‖π*) ≥ 0, so away from the optimum the two are different points, and neither need be the lowest. One
    reference completion is no point but a cloud: it sits at E<sub>p</sub>[r], which is β KL(p‖π*) <i>below</i> the soft value that
    it is said to estimate, and pays Var<sub>p</sub>(r) F more.</p>
    """
  }

  var path: String {
    """
    <p>Walk from the reference to the optimum along q<sub>t</sub> ∝ p e<sup>t r/β</sup>. With u = 1 − t the gradient is
    u Cov(r, s): it vanishes in proportion to u, its square like u². So does the variance of an estimator whose baseline ends
    at the soft value. That of the others ends at a constant, (V* − E b)² F plus the baseline's own scatter, and noise
    against signal grows like u<sup>−2</sup>. That is a limit. The table of ends below says at which u trainings
    stop and what no baseline costs there; at the other end, at the reference, the normaliser lies β KL(p‖π*) above the
    policy's value and can be the noisiest baseline of all.</p>
    \(formula("at q = π*:&emsp; trCov = (b − β log Z)² F", "zero exactly for b = β log Z"))
    \(check("baselines.zero-variance", "baselines.remaining-variance", "annealing.gradient"))
    <p>A constant added to the reward moves the parabola and every baseline that moves with the reward; only "none" stays
    behind. So the remark is a statement about |b*|: with rewards centred at each prompt there is no problem at the start.</p>
    \(check("baselines.offset-law", "baselines.uniqueness"))
    """
  }

  var transformer: String {
    """
    <p>The enumerable language has few enough completions to take the score of every one in a real decoder, one backward
    pass each, so that the traces below are sums over completions and not estimates. Four ways from one SFT
    model: PPO on the true reward, PPO on a learned one, DPO, and the exact gradient of J followed to convergence.</p>
    <p>DPO's gradient is measured at the same policies. Per labelled pair its covariance at the optimum is the Fisher
    information of the labels,</p>
    \(formula("Cov = β² E[ P (1 − P) (s₁ − s₂)(s₁ − s₂)ᵀ ],&emsp; P = σ(r₁ − r₂)", "not zero while labels are noisy"))
    \(check("labels.information-equality", "labels.optimum"))
    <p>so that it needs no baseline and keeps its noise. At the reference it is a leave-one-out estimator of two samples that
    is told one bit about the difference of their rewards.</p>
    \(check("labels.one-bit-leave-one-out", "transformer.policy-gradient"))
    """
  }

  var training: String {
    """
    <p>Variance is not yet learning: Adam rescales the gradient, batches average it, and a learning rate can be tuned to
    noise. Six baselines were trained with everything else equal, each at a learning rate tuned with equal trials, once with
    rewards centred on the reference and once three standard deviations above. None of the six whitens its advantages, so
    that constants are not hidden. Trainers do whiten: so does "none whitened", which subtracts the batch's mean token by token and
    divides by its deviation. "None reward-to-go" weighs a token by the rewards from it on; the score comes last, so that only
    the KL penalties of earlier tokens are left out.</p>
    """
  }

  var verdict: String {
    """
    <ul>
    <li><b>True in the limit:</b> the normaliser is a baseline that leaves no variance at the optimum, and "none" and one
    reference completion are left with noise that, against the signal, diverges as (1 − t)<sup>−2</sup>. The law holds within 1 − t ≤ 0.02;
    trainings end farther away, where the cost is a factor, and at the reference the normaliser itself may be the noisiest.</li>
    <li><b>True, and sharper:</b> within the rewards r + f(x) the estimator without a baseline has zero variance at the optimum
    if and only if f makes the normaliser vanish: that is DPO's representative, the precise form of "does not require any baselines".</li>
    <li><b>Half true:</b> the normaliser is <i>sufficient, not optimal</i>. The policy's value and leave-one-out do as well at the
    optimum and are often better on the way; the lowest point b* is another one.</li>
    <li><b>Half true:</b> one human completion is called a single-sample estimate of the normaliser. It is an unbiased estimate of
    E<sub>p</sub>[r], which lies β KL(p‖π*) below; on centred rewards it is worse than no baseline.</li>
    <li><b>Not to be confused:</b> "needs no baseline" is not "has lower variance". The noise of the labels is paid by DPO in
    its only stage and by RLHF in the reward model.</li>
    </ul>
    <p>What training shows is not for theorems to say; the verdicts below are read off intervals over seeds.</p>
    """
  }

  var reproduction: String {
    """
    <pre>make variance            # this page\nmake identities          # every theorem above, with its error\ntandem explain variance --input bandit.json   # all of it for your own numbers</pre>
    <p>Every number comes from summary.json, curves.csv and claims.json beside this page; each figure is NAME.csv and
    NAME.gp, redrawn by <code>gnuplot NAME.gp</code>. The specifications are experiments/variance-model and
    experiments/variance, whose READMEs state what was expected before the run. Versions and the machine stand in the two manifests.</p>
    """
  }

  private func step(
    _ title: String, _ text: String, _ body: String, _ source: String, _ checks: String...
  ) -> String {
    """
    <div class="step"><p><b>\(title)</b> \(text)</p>
    \(formula(body, source))\(checks.map { check($0) }.joined())</div>
    """
  }

  private func formula(_ body: String, _ source: String) -> String {
    "<div class=\"formula\">\(body)<b>\(source)</b></div>"
  }

  /// The error of each named identity when the page was made.
  private func check(_ ids: String...) -> String {
    let lines = identities.filter { ids.contains($0.id) }.map { identity in
      let error = scientific(identity.error, decimals: 0)
      return
        "<div class=\"check\(identity.holds ? "" : " fail")\">\(identity.holds ? "✓" : "✗ BROKEN")"
        + " \(HTML.escape(identity.name)): error \(error), tolerance \(identity.tolerance)</div>"
    }
    return lines.joined(separator: "\n")
  }
}
