# Draws model-cosine.svg and model-cosine.png from model-cosine.csv:  gnuplot model-cosine.gp
set datafile separator ","
set title "Does DPO's gradient point where the policy gradient does?" font ",13"
set xlabel "KL(π‖π*), nats"
set ylabel "cosine"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
set logscale x
set format x "10^{%T}"
data = "model-cosine.csv"
set terminal svg size 760,420 font "Helvetica,12" name "model_cosine" background rgb "white"
set output "model-cosine.svg"
plot data using ($1==0?$2:1/0):($1==0?$3:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with yerrorlines lw 2 pt 7 ps 0.5 lc rgb "#56B4E9" title "policies of PPO-GT", \
  data using ($1==1?$2:1/0):($1==1?$3:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with yerrorlines lw 2 pt 7 ps 0.5 lc rgb "#0072B2" title "policies of PPO", \
  data using ($1==2?$2:1/0):($1==2?$3:1/0):($1==2?$4:1/0):($1==2?$5:1/0) skip 1 with yerrorlines lw 2 pt 7 ps 0.5 lc rgb "#D55E00" title "policies of DPO", \
  data using ($1==3?$2:1/0):($1==3?$3:1/0):($1==3?$4:1/0):($1==3?$5:1/0) skip 1 with yerrorlines lw 2 pt 7 ps 0.5 lc rgb "#000000" title "policies of exact ascent"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "model-cosine.png"
replot
